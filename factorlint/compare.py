"""Two reports side by side: what moved per factor, and which sites are new, gone, or have another owner.

Both sides are read from the json format's document, so that a report that was saved and a tree that was just read are
told apart by what is in them and by nothing else. A site is known again by its fingerprint (check, file, enclosing
definition, normalised source); what is left over, by the same without the file (a file that was renamed), then without
the check, and at last, where code was edited, by the symbol or the check in the same definition.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

from factorlint import run
from factorlint.around import Around, Watch
from factorlint.config import ConfigError, Settings
from factorlint.git import RevisionError
from factorlint.model import Confidence, Owner, Verdict
from factorlint.model.trees import Comparison, Side, Spot
from factorlint.report import json_

LIMIT = 200_000_000  # bytes of a report
_SCHEMA = "factorlint/1"
_CHAPTERS = range(1, 14)


def compare(before: Side, after: Side) -> Comparison:
    """What became of the sites of BEFORE in AFTER."""
    left, right = list(before.spots), list(after.spots)
    pairs: list[tuple[Spot, Spot]] = []
    for key in (_print, _moved, _place, _call, _edited):
        pairs += _paired(left, right, key)
    passed = [pair for pair in pairs if pair[0].owner is not pair[1].owner]
    return Comparison(
        before=before,
        after=after,
        new=tuple(sorted(right, key=_order)),
        gone=tuple(sorted(left, key=_order)),
        passed=tuple(sorted(passed, key=lambda pair: _order(pair[1]))),
        same=len(pairs) - len(passed),
    )


def _print(spot: Spot) -> Hashable:
    return spot.fingerprint


def _moved(spot: Spot) -> Hashable:
    return (spot.check, _inner(spot), spot.content) if spot.content else None


def _place(spot: Spot) -> Hashable:
    return (spot.factor, spot.path, _inner(spot), spot.content) if spot.content else None


def _call(spot: Spot) -> Hashable:
    return (spot.factor, spot.path, _inner(spot), spot.symbol) if spot.symbol else None


def _edited(spot: Spot) -> Hashable:
    return (spot.check, spot.path, spot.scope)


def _inner(spot: Spot) -> str:
    """The enclosing definition without the name of the file that it begins with."""
    stem = spot.path.rpartition("/")[2].rpartition(".")[0]
    return spot.scope.removeprefix(stem)


def _paired(left: list[Spot], right: list[Spot], key: Callable[[Spot], Hashable]) -> list[tuple[Spot, Spot]]:
    """Take from LEFT and RIGHT what KEY says to be the same, in the order of the places."""
    waiting: defaultdict[Hashable, list[Spot]] = defaultdict(list)
    for spot in sorted(left, key=_order, reverse=True):
        waiting[key(spot)].append(spot)
    pairs = []
    for spot in sorted(right, key=_order):
        if key(spot) is not None and waiting[key(spot)]:
            pairs.append((waiting[key(spot)].pop(), spot))
    taken = {id(spot) for pair in pairs for spot in pair}
    left[:] = [spot for spot in left if id(spot) not in taken]
    right[:] = [spot for spot in right if id(spot) not in taken]
    return pairs


def _order(spot: Spot) -> tuple[object, ...]:
    return (spot.factor, spot.path, spot.cell or 0, spot.line, spot.column, spot.check, spot.fingerprint)


def given(word: str, settings: Callable[[Path], Settings], watch: Watch) -> Side:
    """The side that WORD names: a JSON report, a folder, or a git revision of the current folder.

    What is there as a file or folder is that. SETTINGS gives those of a folder, WATCH hears how far it is.
    Raises ConfigError.
    """
    path = Path(word).absolute()
    if path.is_file():
        return read(path, word)
    if path.is_dir():
        return side(word, json_.document(run.examine(path, (), settings(path), Around(watch=watch)).report))
    here = Path.cwd()
    try:
        return side(word, json_.document(run.at_revision(here, word, settings(here), word, Around(watch=watch))))
    except RevisionError as error:
        raise ConfigError(f"no file, folder or git revision: {error}") from None


def read(path: Path, label: str) -> Side:
    """The side that the JSON report at PATH is, under LABEL. Raises ConfigError."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
        if len(raw) > LIMIT:
            raise ConfigError(f"{label}: over {LIMIT:,} bytes")
        return side(label, json.loads(raw))
    except OSError as error:
        raise ConfigError(f"{label}: {error.strerror}") from None
    except ConfigError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigError(f"{label}: no report of the json format ({_SCHEMA})") from None


def side(label: str, data: Mapping[str, Any]) -> Side:
    """The side under LABEL whose report is DATA, a document of the json format. Raises ValueError and its like."""
    if data["schema"] != _SCHEMA:
        raise ValueError(data["schema"])
    score = data["summary"]["score"]
    return Side(
        label=label,
        score=None if score is None else float(score),
        owners=_owners(data["summary"]["owners"]),
        verdicts=tuple(_verdict(one) for one in data["factors"]),
        spots=tuple(_spot(one) for one in data["sites"] if _counts(one)),
        problems=len(data["problems"]),
    )


def _counts(one: Mapping[str, Any]) -> bool:
    """Guesses, and what factorlint says of its own comments, are no part of the picture."""
    return one["factor"] in _CHAPTERS and one["confidence"] != Confidence.LOW.value


def _verdict(one: Mapping[str, Any]) -> Verdict:
    owners = _owners(one["owners"])
    return Verdict(
        factor=int(one["factor"]),
        code=str(one["code"]),
        name=str(one["name"]),
        weight=float(one["weight"]),
        score=None if one["score"] is None else float(one["score"]),
        owner=None if one["owner"] == "none" else Owner(one["owner"]),
        owners=owners,
        sites=int(sum(owners.values())),
    )


def _owners(said: Mapping[str, Any]) -> dict[Owner, float]:
    return {owner: float(said[owner.value]) for owner in Owner}


def _spot(one: Mapping[str, Any]) -> Spot:
    return Spot(
        check=str(one["code"] or one["name"]),
        name=str(one["name"]),
        factor=int(one["factor"]),
        owner=Owner(one["owner"]),
        path=str(one["path"]),
        cell=None if one["cell"] is None else int(one["cell"]),
        line=int(one["line"]),
        column=int(one["column"]),
        scope=str(one["scope"]),
        symbol=str(one["symbol"] or ""),
        content=str(one.get("content") or ""),
        fingerprint=str(one["fingerprint"]),
    )
