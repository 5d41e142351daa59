"""One site as a piece of HTML: what was found, the lines around it, why it matters, and what to do instead."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape

from factorlint.factors import BY_NUMBER
from factorlint.model import Excerpt, Finding, RuleInfo, Site, Status
from factorlint.report import Look
from factorlint.report import _text as text
from factorlint.report._doc import why
from factorlint.report._page import said


def article(finding: Finding, info: RuleInfo | None) -> str:
    """FINDING with what the filters ask for as data, and its fingerprint as the name that a link points to."""
    return "\n".join(_pieces(finding, info))


def _pieces(finding: Finding, info: RuleInfo | None) -> Iterator[str]:
    site = finding.site
    anchor = f"s-{said(finding.fingerprint)}"
    kind = _kind(finding)
    yield f'<article id="{anchor}" class="site {kind}" tabindex="-1" aria-labelledby="h-{anchor}" {_data(site, kind)}>'
    severity = (
        f'<span class="tag {site.check.severity.value}">{site.check.severity.value}</span>'
        if (site.check.severity)
        else ""
    )
    status = f'<span class="tag">{finding.status.value}</span>' if finding.status is not Status.NEW else ""
    name = f"{site.check.code} {site.check.name}" if site.check.code else site.check.name
    yield (
        f'<h3 id="h-{anchor}"><a href="#{anchor}">{said(name)}</a> '
        f'<span class="tag owner {site.owner.value}-tag">{site.owner.value}</span>{severity}{status}</h3>'
    )
    yield f'<p class="place">{said(text.place(finding, Look()))}</p>'
    yield f"<p>{said(text.folded(site.message))}</p>"
    if finding.excerpt:
        yield _code(finding.excerpt, site)
    facts = "".join(f"<dt>{label}</dt><dd>{words}</dd>" for label, words in _facts(finding, info))
    yield f"<dl>{facts}</dl></article>"


def _kind(finding: Finding) -> str:
    if finding.status is not Status.NEW:
        return "hidden-one"
    return "finding" if finding.site.check.code else "evidence"


def _data(site: Site, kind: str) -> str:
    held = {
        "kind": kind,
        "factor": str(site.factor),
        "owner": site.owner.value,
        "severity": site.check.severity.value if site.check.severity else "",
        "framework": site.framework or "",
        "file": site.path,
    }
    return " ".join(f'data-{name}="{said(value)}"' for name, value in held.items())


def _code(excerpt: Excerpt, site: Site) -> str:
    rows = []
    lines = textwrap.dedent("\n".join(line.rstrip().expandtabs(4) for line in excerpt.lines)).split("\n")
    for number, line in enumerate(lines, excerpt.first):
        shown = said(line)
        hit = site.span.line <= number <= site.span.end_line
        body = f"<mark>{shown}</mark>" if hit else shown
        rows.append(f'<span class="line{" hit" if hit else ""}"><i>{number}</i><span>{body}</span></span>')
    return f"<pre><code>{''.join(rows)}</code></pre>"


def _facts(finding: Finding, info: RuleInfo | None) -> Iterator[tuple[str, str]]:
    site = finding.site
    if site.symbol:
        yield "symbol", said(text.symbol(site))
    if site.also:
        yield "also", said(text.also(site))
    if site.check.code and site.advice:
        yield "instead", said(text.folded(site.advice))
    if site.check.code and (reason := why(info)):
        yield "why", said(text.folded(reason))
    if finding.why:
        yield finding.status.value, said(text.folded(finding.why))
    yield "confidence", site.confidence.value
    known = BY_NUMBER[site.factor]
    if known.url:
        yield "chapter", f'<a href="{escape(known.url)}" rel="noreferrer">F{known.number} {escape(known.title)}</a>'
