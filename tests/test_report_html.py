"""The page: what it holds, that nothing of the tree can run in it, and, where there is a browser, how it behaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browser import CHROME, DRIVER, Browser, browser
from making import OWNED_LOOP, RETRY, make_report, make_site, sample_report

from factorlint.config import Settings
from factorlint.model import Excerpt, Finding, Problem, Report
from factorlint.report import render
from factorlint.run import audit

ATTACK = "\"'><img src=x onerror=alert(1)><script>alert(2)</script></script>--><svg onload=alert(3)>javascript:alert(4)"
SOURCE = "from crewai import Agent, Crew\n\n\ndef go():\n    # </code></pre><script>alert(5)</script>\n"
NEEDS_BROWSER = pytest.mark.skipif(not (DRIVER and CHROME), reason="no browser with its driver here")


class Tags(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))


def attacked() -> Report:
    """Every string of the tree an attack."""
    site = make_site(
        path=ATTACK, symbol=ATTACK, message=ATTACK, advice=ATTACK, source=ATTACK, framework=ATTACK, scope=ATTACK
    )
    report = make_report([site, make_site(RETRY)], (Problem(ATTACK, 1, "parse-error", ATTACK),), notes=(ATTACK,))
    return with_excerpts(report, ATTACK)


def with_excerpts(report: Report, line: str) -> Report:
    def one(finding: Finding) -> Finding:
        start = max(1, finding.site.span.line - 1)
        return replace(finding, excerpt=Excerpt(start, ("before", line, "after")))

    return replace(report, sites=tuple(map(one, report.sites)))


def test_no_string_of_the_tree_becomes_markup() -> None:
    plain = Tags(render("html", with_excerpts(make_report([make_site(), make_site(RETRY)]), "x")))
    evil = Tags(render("html", attacked()))
    names = {name for tag, attributes in evil.all for name in attributes}
    assert not [name for name in names if name.startswith("on")]
    assert {tag for tag, _ in evil.all} <= {tag for tag, _ in plain.all} | {"ul", "li"}
    assert [tag for tag, _ in evil.all].count("script") == 1
    assert not [a for _, a in evil.all if (a.get("href") or "").startswith("javascript")]


def test_the_page_reaches_for_nothing() -> None:
    tags = Tags(render("html", sample_report())).all
    assert not [tag for tag, attributes in tags if "src" in attributes or tag == "link"]
    assert not [tag for tag, attributes in tags if "style" in attributes]
    policy = next(a["content"] for tag, a in tags if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_the_same_report_gives_the_same_page() -> None:
    assert render("html", sample_report()) == render("html", sample_report())


def test_every_site_is_there_once_under_its_fingerprint() -> None:
    report = sample_report()
    ids = [a["id"] for tag, a in Tags(render("html", report)).all if tag == "article"]
    assert sorted(str(one) for one in ids) == sorted(f"s-{one.fingerprint}" for one in report.sites)


def test_the_lines_around_a_finding_come_with_the_report(tmp_path: Path) -> None:
    lines = "".join(f"x{number} = {number}\n" for number in range(30))
    (tmp_path / "app.py").write_text(f"{SOURCE}    return Crew(agents=[], tasks=[]).kickoff()\n\n\n{lines}")
    report = audit(tmp_path, [], Settings())
    found = next(one for one in report.sites if one.site.check.code == "FL0801")
    assert found.excerpt is not None
    assert found.excerpt.first == 3
    assert found.excerpt.lines[3] == "    return Crew(agents=[], tasks=[]).kickoff()"
    assert len(found.excerpt.lines) == 7
    page = render("html", report)
    assert re.search(r'class="line hit"><i>6</i><span><mark> +return Crew', page)
    assert "&lt;script&gt;alert(5)" in page


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as one:
        yield one


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render("html", with_excerpts(sample_report(), "the_line(1)")), encoding="utf-8")
    return path


def shown(chrome: Browser) -> Any:
    return chrome.run("return [...document.querySelectorAll('article:not([hidden]) h3 > a')].map(a => a.textContent)")


def choose(chrome: Browser, name: str, value: str) -> None:
    event = "new Event('input', {bubbles: true})"
    chrome.run(
        f"const f = document.getElementById(arguments[0]); f.value = arguments[1]; f.dispatchEvent({event})",
        name,
        value,
    )


@NEEDS_BROWSER
def test_filters_search_and_the_way_back(chrome: Browser, page: Path) -> None:
    chrome.open(page)
    everything = shown(chrome)
    assert "FL0801 opaque-agent-run" in everything
    assert "owned-loop" not in everything
    choose(chrome, "factor", "9")
    assert shown(chrome) == ["FL0901 unbounded-retry"]
    assert chrome.run("return location.hash") == "#factor=9"
    assert chrome.run("return document.getElementById('count').textContent") == "1 of 9 sites shown"
    chrome.run("document.querySelector('button[type=reset]').click()")
    assert shown(chrome) == everything
    choose(chrome, "owner", "code")
    assert "owned-loop" in shown(chrome)
    choose(chrome, "owner", "")
    choose(chrome, "severity", "warning")
    assert shown(chrome) == ["FL0202 framework-default-prompt"]
    choose(chrome, "severity", "")
    choose(chrome, "framework", "hold")
    assert shown(chrome) == ["FL0901 unbounded-retry"]
    choose(chrome, "framework", "")
    chrome.type("#q", "zz.py unbounded")
    assert shown(chrome) == ["FL0901 unbounded-retry"]


@NEEDS_BROWSER
def test_links_survive_sharing(chrome: Browser, page: Path) -> None:
    chrome.open(page, "#factor=9&show=all")
    assert shown(chrome) == ["FL0901 unbounded-retry"] * 2
    hidden = next(one for one in sample_report().sites if one.site.path == "app/second.py")
    chrome.open(page, f"#s-{hidden.fingerprint}")
    seen = chrome.run(
        "const e = document.getElementById(arguments[0]), r = e.getBoundingClientRect();"
        "return [e.hidden, document.activeElement === e, r.top >= 0 && r.top < innerHeight]",
        f"s-{hidden.fingerprint}",
    )
    assert seen == [False, True, True]
    chrome.open(page)
    chrome.run("document.querySelector('#files ~ .wide a').click()")
    assert chrome.run("return document.getElementById('count').textContent").endswith(", in app/main.py")


@NEEDS_BROWSER
def test_an_attack_is_read_not_run(chrome: Browser, tmp_path: Path) -> None:
    path = tmp_path / "attack.html"
    path.write_text(render("html", attacked()), encoding="utf-8")
    chrome.console()
    chrome.open(path, "#framework=%3Cimg%20src=x%20onerror=alert(1)%3E&q=%3Cscript%3E")
    choose(chrome, "framework", ATTACK)
    assert not chrome.alert()
    assert chrome.console() == []  # nor did the policy have to stop anything
    choose(chrome, "q", "")
    assert shown(chrome) == ["FL0801 opaque-agent-run"]
    assert chrome.run("return document.querySelector('mark').textContent") == ATTACK


@NEEDS_BROWSER
def test_the_policy_stops_what_the_escaping_would_miss(chrome: Browser, tmp_path: Path) -> None:
    path = tmp_path / "broken.html"
    text = render("html", make_report([make_site()]))
    path.write_text(text.replace("<main>", "<main><script>window.ran = 1</script>"), encoding="utf-8")
    chrome.open(path)
    assert chrome.run("return window.ran === undefined && document.querySelectorAll('article').length") == 1


@NEEDS_BROWSER
def test_it_fits_a_phone_and_the_keyboard_finds_the_search(chrome: Browser, page: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.html"
    wide = make_site(message="x" * 300, symbol="y" * 300, path="z" * 300, advice="a" * 300)
    long.write_text(render("html", with_excerpts(make_report([wide]), " " * 300 + "b" * 300)), encoding="utf-8")
    chrome.open(long)
    chrome.shot(390, 800)
    assert chrome.run("return document.documentElement.scrollWidth <= 390")
    chrome.open(page)
    assert chrome.run("return document.documentElement.scrollWidth <= 390")
    chrome.press("/")
    assert chrome.run("return document.activeElement.id") == "q"


@NEEDS_BROWSER
def test_every_control_and_picture_has_a_name(chrome: Browser, page: Path) -> None:
    chrome.open(page)
    tree = chrome.cdp("Accessibility.getFullAXTree")["nodes"]
    named = {"textbox", "searchbox", "combobox", "button", "link", "image", "img", "region", "search", "article"}
    told = [one for one in tree if one.get("role", {}).get("value") in named and not one.get("ignored")]
    assert len(told) > 20
    assert not [one for one in told if not one.get("name", {}).get("value", "").strip()]


def test_only_what_is_owned_makes_a_page_too() -> None:
    text = render("html", make_report([make_site(OWNED_LOOP)]))
    assert "owned-loop" in text
    assert "What to do first" not in text
