"""What is this expression? Answered by walking back from it, across assignments, calls, classes and files.

`tracing.py` is the walk: every other module takes one kind of step, as plain functions that are handed the walk and
ask it for the next. `tracer.py` puts them together; who asks, asks a `Tracer`. Never imports or runs anything: the
facts of the tree and the catalogue are all that it knows.
"""

from __future__ import annotations

from factorlint.provenance.tracer import Tracer

__all__ = ["Tracer"]
