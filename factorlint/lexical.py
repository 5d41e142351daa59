"""The lexical grammar of Python as far as it is needed without a parse: where strings and comments begin and end.

An f-string is taken for a string whose end is its first own quote: a nested quote of the same kind (Python 3.12)
splits it in two, which keeps brackets balanced and newlines right, and that is all that is asked here.
"""

from __future__ import annotations

# Expressions for `re`, under DOTALL. Each begins with the character it is known by, for then a search is as fast as
# one for that character, and has no two ways to match the same text, for then its time is linear.
COMMENT = r"#[^\n]*"
DOUBLE = r'(?:""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\\?\Z)|[^"\\\n]*(?:\\.[^"\\\n]*)*"?)'  # after its first quote
SINGLE = DOUBLE.replace('"', "'")
STRING = f"(?:\"{DOUBLE}|'{SINGLE})"
