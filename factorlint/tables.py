"""The answers of a fleet as two Parquet tables, one row a site and one row a tree; docs/fleet.md has the columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from factorlint import __version__
from factorlint.apart import Tree
from factorlint.factors import FACTORS
from factorlint.model import Owner, Problem, Severity

_TEXT, _COUNT, _SCORE = pa.string(), pa.int32(), pa.float64()
_PROBLEM = pa.struct([("path", _TEXT), ("line", _COUNT), ("kind", _TEXT), ("message", _TEXT)])
_OWNERS = tuple(one.value for one in Owner)
_SEVERITIES = tuple(one.value for one in Severity)
_FACTORS = tuple(one.code.lower() for one in FACTORS)

SITES = pa.schema(
    [
        *((name, _TEXT) for name in ("repo", "path")),
        *((name, _COUNT) for name in ("cell", "line", "column", "end_line", "end_column")),
        *((name, _TEXT) for name in ("code", "name")),
        ("factor", _COUNT),
        *((name, _TEXT) for name in ("owner", "severity", "confidence", "status", "scope", "symbol", "framework")),
        ("also", pa.list_(_COUNT)),
        *((name, _TEXT) for name in ("message", "fingerprint")),
    ]
)
SCORES = pa.schema(
    [
        *((name, _TEXT) for name in ("repo", "root", "commit", "outcome")),
        ("score", _SCORE),
        ("verdict", _TEXT),
        *((name, _COUNT) for name in ("decisive_owned_by_framework", "scored", "not_applicable", "unknown")),
        *((name, _COUNT) for name in ("sites", *_OWNERS, *_SEVERITIES)),
        *((name, _COUNT) for name in ("files_seen", "files_analysed", "files_failed")),
        ("unknown_agent_libraries", pa.list_(_TEXT)),
        *((f"{code}_score", _SCORE) for code in _FACTORS),
        *((f"{code}_owner", _TEXT) for code in _FACTORS),
        *((name, _TEXT) for name in ("problem_kind", "problem")),
        ("problems", pa.list_(_PROBLEM)),
        ("factorlint", _TEXT),
    ]
)


class Rows(NamedTuple):
    """What the tables say of one tree; its sites as a small table of their own, for there may be millions."""

    score: dict[str, Any]
    sites: pa.Table
    checks: Counter[tuple[str, str]]  # the findings that are new, by code and name

    @classmethod
    def of(cls, tree: Tree, answer: Mapping[str, Any] | Problem) -> Rows:
        about = {"repo": tree.repo, "root": tree.root, "factorlint": __version__}
        if isinstance(answer, Problem):
            failed = {"outcome": "failed", "problem_kind": answer.kind, "problem": answer.message}
            return cls(_whole({**about, **failed, "problems": []}, SCORES), SITES.empty_table(), Counter())
        if answer["tool"]["version"] != __version__:
            other = f"audited by factorlint {answer['tool']['version']}, not {__version__}"
            return cls.of(tree, Problem(".", None, "version", other))
        sites = [_whole({"repo": tree.repo, **site}, SITES) for site in answer["sites"]]
        checks = Counter((site["code"], site["name"]) for site in _new(answer))
        return cls(_whole({**about, **_score(answer)}, SCORES), pa.Table.from_pylist(sites, SITES), checks)


def write(folder: Path, rows: Sequence[Rows]) -> None:
    """Write `sites.parquet` and `scores.parquet` to FOLDER, each whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    sites = pa.concat_tables([SITES.empty_table(), *(one.sites for one in rows)]).combine_chunks()
    scores = pa.Table.from_pylist([one.score for one in rows], SCORES)
    tables = {folder / "sites.parquet": sites, folder / "scores.parquet": scores}
    drafts = {file: file.with_suffix(f".{os.getpid()}.tmp") for file in tables}
    try:
        for file, table in tables.items():
            pq.write_table(table, drafts[file], compression="zstd")
        for file, draft in drafts.items():
            draft.replace(file)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _new(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [site for site in answer["sites"] if site["code"] and site["status"] == "new"]


def _score(answer: Mapping[str, Any]) -> dict[str, Any]:
    summary, files = answer["summary"], answer["summary"]["files"]
    new = [site["severity"] for site in _new(answer)]
    return {
        "commit": answer["commit"],
        "outcome": "no-agent-code" if summary["score"] is None else "audited",
        "score": summary["score"],
        "verdict": summary["verdict"],
        "decisive_owned_by_framework": summary["decisive_owned_by_framework"],
        **summary["coverage"],
        "sites": len(answer["sites"]),
        **summary["owners"],
        **{severity: new.count(severity) for severity in _SEVERITIES},
        **{f"files_{name}": count for name, count in files.items()},
        "unknown_agent_libraries": summary["unknown_agent_libraries"],
        **{f"{one['code'].lower()}_score": one["score"] for one in answer["factors"]},
        **{f"{one['code'].lower()}_owner": one["owner"] for one in answer["factors"]},
        "problems": answer["problems"],
    }


def _whole(row: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """The columns of SCHEMA in ROW, fit for UTF-8."""
    return {name: _plain(row.get(name)) for name in schema.names}


def _plain(value: Any) -> Any:
    """VALUE with what no UTF-8 can say escaped: names of files are bytes that anybody chose."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
