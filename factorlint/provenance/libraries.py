"""Libraries: what the catalogue knows under a dotted path, and the members of objects that a library made."""

from __future__ import annotations

from factorlint.model import Confidence
from factorlint.origin import UNKNOWN, Kind, Origin
from factorlint.provenance.tracing import Tracing


def find(tracer: Tracing, path: str, confidence: Confidence = Confidence.HIGH) -> Origin:
    """A library's symbol by path; a generated package counts from its root on, however deep it lies."""
    symbol = tracer.catalog.find(path)
    if symbol is None:
        root = next((one for one in tracer.catalog.roots_anywhere if f".{one}." in f".{path}."), None)
        if root:
            path = path[f".{path}.".index(f".{root}.") :]
            symbol = tracer.catalog.find(path)
    return Origin(Kind.LIBRARY, path, symbol, confidence)


def generated(tracer: Tracing, module: str, name: str) -> Origin:
    """A relative import of a file that is not there: a generated package, if the catalogue has it anywhere."""
    found = find(tracer, f"{module}.{name}" if module else name)
    return found if found.symbol is not None else UNKNOWN


def member(tracer: Tracing, base: Origin, name: str) -> Origin:
    """``base.name`` where BASE is an object that a library made."""
    path = f"{base.path}.{name}"
    symbol = tracer.catalog.find(path)
    if symbol is None and base.symbol is not None:
        symbol = tracer.catalog.find(f"{base.symbol.path}.{name}")
    return Origin(Kind.INSTANCE, path, symbol, base.confidence, receiver=base, call=base.call, made=base.made)


def made_path(callee: Origin) -> str:
    """What an object is called that CALLEE makes, of which the catalogue says nothing."""
    return callee.path if callee.kind is Kind.LIBRARY else f"{callee.path}()"
