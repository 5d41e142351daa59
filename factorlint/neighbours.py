"""What stands near a site, by the other sites of its report: its whole call, its agent, its tools and tasks."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping, Sequence

from factorlint import names
from factorlint.model import Finding, Status
from factorlint.names import Names

_CALL = re.compile(r"[\w.]+\(")
_LISTS = ("FL0401", "focused-toolset", "FL1001")
_RUNS = ("FL0801", "FL0601")


class Neighbours:
    """All findings of a report, hidden ones apart, with the names at each."""

    def __init__(self, sites: Sequence[Finding]) -> None:
        self._sites = [one for one in sites if one.status is not Status.BELOW]
        self._names: dict[str, Names] = {}
        self._calls: dict[str, list[Finding]] = {}  # file → the findings that are whole calls
        for one in self._sites:
            if _CALL.match(one.site.source):
                self._calls.setdefault(one.site.path, []).append(one)
        lists = [one for one in self._sites if one.site.check.id in _LISTS]
        self._lists = [(one, tools) for one in lists if (tools := self._listed(one))]
        self.all_tools = frozenset(tool for _, tools in self._lists for tool in tools)

    def names(self, finding: Finding) -> Names:
        if finding.fingerprint not in self._names:
            self._names[finding.fingerprint] = names.read(finding)
        return self._names[finding.fingerprint]

    def whole(self, finding: Finding) -> Finding:
        """The finding at the call whose argument FINDING is about; itself if there is none."""
        around = [one for one in self._calls.get(finding.site.path, ()) if _holds(one, finding)]
        return min(around, key=lambda one: (_length(one), one.site.check.id), default=finding)

    def agent(self, finding: Finding) -> str:
        """What the agent is called that FINDING makes or runs."""
        found = self.names(finding)
        call = found.call
        if finding.site.source.startswith("@"):
            return names.word(names.root(found.node))
        if call is not None and finding.site.check.id in _RUNS:
            return names.word(_run(call) or found.function)
        made = names.root(call) if call is not None else ""
        return names.word(found.target or found.function.strip("_").removeprefix("init") or made or found.owner)

    def tools(self, finding: Finding) -> tuple[str, ...]:
        """The tools of the agent that FINDING makes or runs, as far as lists of names tell."""
        whole = self.whole(finding)
        call = self.names(whole).call
        inside = [tools for one, tools in self._lists if one is finding or _holds(whole, one)]
        inside += [listed for one in (call.args if call else ()) if (listed := tuple(names.elements(one)))]
        agent = self.agent(whole)
        same = [tools for one, tools in self._listed_by_agent.get(agent, ()) if _near(one, finding)]
        beside = [tools for one, tools in self._lists if _folder(one) == _folder(finding)]
        found = inside or same or (beside if finding.site.check.id in _RUNS else [])
        return tuple(dict.fromkeys(tool for tools in found for tool in tools))

    @functools.cached_property
    def _listed_by_agent(self) -> Mapping[str, list[tuple[Finding, tuple[str, ...]]]]:
        """What an agent is called → the lists of tools that are given to one of that name."""
        rows: dict[str, list[tuple[Finding, tuple[str, ...]]]] = {}
        for one, tools in self._lists:
            rows.setdefault(self.agent(self.whole(one)), []).append((one, tools))
        return rows

    def tasks(self, finding: Finding) -> tuple[str, ...]:
        """The tasks that the run or team at FINDING goes through, in the order in which they are written."""
        found = self.names(finding)
        listed = names.argument(found.call, "tasks")
        if listed is not None:
            return tuple(names.elements(listed)) or self._tasks_of(found.owner, finding)
        if finding.site.check.id not in _RUNS or found.call is None:
            return ()
        root = names.root(found.call.func)
        if root[:1].isupper():
            return self._tasks_of(root, finding)
        teams = [one for one in self._sites if one.site.check.id == "FL0802" and self.agent(one) == root]
        here = [one for one in teams if one.site.path == finding.site.path]
        return self.tasks(here[0]) if here else self._tasks_of(found.owner, finding)

    def risky(self, finding: Finding) -> tuple[str, ...]:
        """The tools that do what cannot be undone and are run unasked, those nearest to FINDING."""
        told = [one for one in self._sites if one.site.check.id == "FL0703"]
        near = [one for one in told if _near(one, finding)]
        named = (self.names(one).function or names.root(self.names(one).node) for one in near)
        return tuple(dict.fromkeys(name for name in named if name))

    def _listed(self, finding: Finding) -> tuple[str, ...]:
        found = self.names(finding)
        if finding.site.source.startswith("@"):
            return (found.function,) if found.function else ()
        return tuple(names.elements(found.node))

    def _tasks_of(self, owner: str, finding: Finding) -> tuple[str, ...]:
        """The tasks that the methods of the class OWNER make, in the file that is nearest."""
        made = [
            one
            for one in self._sites
            if owner and (one.site.symbol or "").endswith(".Task") and self.names(one).owner == owner
        ]
        best = max((nearness(one, finding) for one in made), default=0)
        found = (self.names(one).function for one in made if nearness(one, finding) == best)
        return tuple(dict.fromkeys(name for name in found if name))


def nearness(one: Finding, other: Finding, *, folders: bool = False) -> int:
    """How many folders lead to both; the file counts too, unless only FOLDERS do."""
    last = -1 if folders else None
    pairs = zip(one.site.path.split("/")[:last], other.site.path.split("/")[:last], strict=False)
    count = 0
    for left, right in pairs:
        if left != right:
            break
        count += 1
    return count


def _run(call: ast.Call) -> str:
    """``agent`` of ``agent.run(…)`` and of ``Runner.run(agent, …)``."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    if isinstance(receiver, ast.Name) and receiver.id[:1].isupper() and call.args:
        return "" if isinstance(call.args[0], ast.Call) else names.root(call.args[0])
    return names.root(receiver)


def _near(one: Finding, other: Finding) -> bool:
    """In one folder, or in one below the other's."""
    left, right = _folder(one), _folder(other)
    return f"{left}/".startswith(f"{right}/") or f"{right}/".startswith(f"{left}/") or not left or not right


def _folder(finding: Finding) -> str:
    return finding.site.path.rpartition("/")[0]


def _holds(outer: Finding, inner: Finding) -> bool:
    one, other = outer.site, inner.site
    if (one.path, one.cell) != (other.path, other.cell) or one.span == other.span:
        return False
    start, end = (one.span.line, one.span.column), (one.span.end_line, one.span.end_column)
    return start <= (other.span.line, other.span.column) and (other.span.end_line, other.span.end_column) <= end


def _length(finding: Finding) -> tuple[int, int]:
    span = finding.site.span
    return span.end_line - span.line, span.end_column - span.column
