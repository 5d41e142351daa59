"""The lexical grammar of Python as far as it is needed without a parse: where strings and comments begin and end.

An f-string is taken for a string whose end is its first own quote: a nested quote of the same kind (Python 3.12)
splits it in two, which keeps brackets balanced and newlines right, and that is all that is asked here.
"""

from __future__ import annotations

# Each is written without alternatives that could match the same text twice, so that time is linear.
LONG = (
    r'(?s:"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\\?\Z)' + r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'''|\\?\Z))"
)
SHORT = r'(?s:"[^"\\\n]*(?:\\.[^"\\\n]*)*"?' + r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'?)"
STRING = f"(?:{LONG}|{SHORT})"
COMMENT = r"#[^\n]*"
