"""What every HTML page has: a head without network, one style, and a policy that lets nothing else run.

What comes from an audited tree is escaped text and nothing else. The policy lets run only the script and the style
that are in the page, told by their digests, so that even a mistake in the escaping could not run anything.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable
from html import escape
from importlib import resources

from factorlint.report import _text as text


def page(title: str, body: Iterable[str], script: str = "") -> str:
    """The page whose BODY is HTML already and whose TITLE is text; SCRIPT is the name of a file beside this one."""
    style = _part("page.css")
    code = _part(script) if script else ""
    runs = _digest(code) if code else "'none'"
    policy = f"default-src 'none'; style-src {_digest(style)}; script-src {runs}; base-uri 'none'; form-action 'none'"
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{said(title)}</title>",
        f"<style>{style}</style>",
        *body,
        *([f"<script>{code}</script>"] if code else []),
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def said(words: str) -> str:
    """WORDS of anybody as text of the page, good between tags and inside quoted attributes."""
    return escape(text.safe(words))


@functools.cache
def _part(name: str) -> str:
    return resources.files("factorlint.report").joinpath(name).read_text(encoding="utf-8")


def _digest(part: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
