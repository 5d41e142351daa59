"""IPython's own syntax in a notebook cell, blanked so that Python is left. Lines keep their numbers."""

from __future__ import annotations

import re

from factorlint.lexical import COMMENT, STRING

# Cell magics that run the cell as Python, only watched or with its output caught.
_PYTHON_BODY = frozenset("capture debug lprun memit mprun prun pyinstrument scalene snakeviz time timeit".split())

_CELL_MAGIC = re.compile(r"\s*%%[ \t]*(\w*)[^\n]*")
_MAGIC = re.compile(
    r"[ \t]*(?:"
    r"[%!?,;/]"  # %magic, !command, ?help, and the escapes that quote or call
    r"|[%\w.*\[\]]+\?\??[ \t]*\Z"  # help?
    r"|[\w.,\[\]'\" \t*()]+=[ \t]*[%!](?!=)"  # name = !command, name = %magic
    r"|(?:pip3?|conda|mamba|uv|apt|apt-get|cd|ls|cat|cp|mv|rm|mkdir)[ \t]+[-\w./~]"  # magics that need no sign
    r")"
)
_PIECE = re.compile(rf"{STRING}|{COMMENT}|\\\n|[()\[\]{{}}\n]")
_INDENTED = re.compile(r"(?:[ \t]*\n)*([ \t]+)")


def blanked(text: str) -> str:
    """TEXT without magics, shell commands and help requests, with as many lines.

    A cell in another language becomes empty lines; an indented magic becomes ``pass``, for its block needs a body.
    """
    text = _flush(text)
    cell = _CELL_MAGIC.match(text)
    if cell and cell[1] not in _PYTHON_BODY:
        return "\n" * text.count("\n")
    at = cell.end() if cell else 0
    pieces = ["\n" * text.count("\n", 0, at)]
    while at < len(text):
        end = _line_end(text, at)
        line = text[at:end]
        if _MAGIC.match(line):
            while text[end - 1] == "\\" and end < len(text):
                end = _line_end(text, end + 1)
            indent = line[: len(line) - len(line.lstrip())]
            pieces.append((f"{indent}pass" if indent else "") + "\n" * text.count("\n", at, end))
        else:
            end = _statement_end(text, at)
            pieces.append(text[at:end])
        pieces.append(text[end : end + 1])
        at = end + 1
    return "".join(pieces)


def _flush(text: str) -> str:
    """TEXT moved to the left margin, as IPython does with a cell whose first line is indented."""
    indented = _INDENTED.match(text)
    return re.sub(f"(?m)^{re.escape(indented[1])}", "", text) if indented else text


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _statement_end(text: str, at: int) -> int:
    """Where the statement that begins at AT ends: the first newline outside strings and brackets."""
    depth = 0
    for piece in _PIECE.finditer(text, at):
        if piece[0] == "\n":
            if depth <= 0:
                return piece.start()
        elif piece[0] in "([{":
            depth += 1
        elif piece[0] in ")]}":
            depth -= 1
    return len(text)
