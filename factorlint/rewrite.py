"""One finding → the first move there: its lines as they stand, and the owned form filled with the names they use."""

from __future__ import annotations

import ast
import re
import textwrap
from string import Template

from factorlint import names, shapes
from factorlint.model import Finding
from factorlint.model.plan import Sketch
from factorlint.names import Names
from factorlint.neighbours import Neighbours
from factorlint.owned import FORMS

BEFORE = 12  # lines of the code as it stands
SPELT = 3  # tools that are spelt out, the others are counted
_BOUNDS = ("FL0901", "FL1002")  # whose fix is the owned form: a limit, given to what is there
_WIDE = 100  # characters of a line of the owned form
_LIST = re.compile(r"([\w.]*\b(?:messages|events|history|thread|conversation|input_items)\b[\w.]*)\s*\.append\(")
_EXCEPT = re.compile(r"except\s+(?P<error>[\w.]+|\([\w.,\s]+\))(?:\s+as\s+(?P<alias>\w+))?\s*:")
_CHANGED = re.compile(r"self\.((?:state\.)?\w+)\s*(?:[+|]?=(?!=)|\.(?:append|extend|update|add|insert|pop|clear)\()")
_FILLED = re.compile(r"self\.(\w+)\s*(?::[^=]+)?=(?!=)")
_REVEALED = ("FL0201", "FL0202", "FL0205")
_PROMPTS = ("prompt", "system_prompt", "instructions", "system_message", "system")


def sketch(finding: Finding, near: Neighbours) -> Sketch:
    """The first move at FINDING."""
    return Sketch(finding, before(near.whole(finding)), after(finding, near))


def before(finding: Finding) -> str:
    """The lines at FINDING as they stand, without their common indentation."""
    shown = names.lines(finding)
    if finding.site.source.startswith("@"):  # a decorator says nothing without what it decorates
        shown = names.after(finding)[: len(shown) + 2]
    text = textwrap.dedent("\n".join(line.expandtabs(4).rstrip() for line in shown[:BEFORE])).strip("\n")
    whole = finding.site.span.end_line - finding.site.span.line + 1
    return f"{text}\n# … {whole - BEFORE} more lines" if whole > BEFORE else text or finding.site.source


def after(finding: Finding, near: Neighbours) -> str:
    """The owned form at FINDING; empty where none is known for its check."""
    if finding.site.check.id in _BOUNDS and finding.site.fix is not None and finding.site.fix.argument:
        return _fixed(finding, near.names(finding))
    form = FORMS.get(_form(finding, near), FORMS.get(finding.site.check.id, ""))
    return Template(form).safe_substitute(_Words(finding, near).all()).strip("\n")


def _form(finding: Finding, near: Neighbours) -> str:
    """The key of FORMS: the check, and which shape of its site this is."""
    code, found = finding.site.check.id, near.names(finding)
    shape = ""
    if code == "FL0101":
        comparison = isinstance(found.node, ast.Compare) or shapes.tests(found.call)
        helper = found.node is None and found.function
        shape = "key" if shapes.key(found.node) else "comparison" if comparison else "helper" if helper else ""
    elif code == "FL0403":
        shape = "" if shapes.loads(found.node) is not None else "read"
    elif code in ("FL0201", "FL0202"):
        shape = "tools" if near.tools(finding) else ""
    elif code == "FL0204":
        shape = "fields" if shapes.fields(found.node) else ""
    elif code == "FL0503":
        shape = "state" if _row(finding, found) else ""
    elif code in ("FL0801", "FL0802"):
        shape = "tasks" if near.tasks(finding) else ""
    elif code == "FL0902":
        tool = found.function in near.all_tools or "of the tool goes" in finding.site.message
        shape = "tool" if tool else "" if _thread(finding) else "helper"
    return f"{code} {shape}".rstrip()


class _Words:
    """What the blanks of a form are filled with."""

    def __init__(self, finding: Finding, near: Neighbours) -> None:
        self.finding, self.near = finding, near
        self.found = near.names(finding)
        self.whole = near.names(near.whole(finding))
        self.agent = near.agent(near.whole(finding))
        self.tools = [one for one in near.tools(finding) if one.isidentifier()]
        self.text = "\n".join(names.lines(finding)) or finding.site.source
        self.made = finding.site.check.id == "FL0802"  # the call makes the agent: it neither asks it nor is its answer

    def all(self) -> dict[str, str]:
        found, site = self.found, self.finding.site
        function = found.function or self.agent
        target = found.target if found.target.isidentifier() and not self.made else "answer"
        tool = found.function or names.root(found.node) or self.agent
        handler = _EXCEPT.search(site.source)
        risky = self.near.risky(self.finding) if site.check.id != "FL0703" else (tool,)
        return {
            **self._prompt(),
            **self._data(),
            "agent": self.agent,
            "Agent": names.pascal(self.agent),
            "function": function,
            "Function": names.pascal(function),
            "def": "async def" if found.is_async else "def",
            "owner": found.owner,
            "target": target,
            "Target": names.pascal(target),
            "tool": tool,
            "Tool": names.pascal(tool),
            "source": names.quoted(site.source),
            "call": names.code(found.node, "..."),
            "types": self._types(),
            "branches": self._branches(),
            "tasks": _tuple(self.near.tasks(self.finding)),
            "risky": ", ".join(f'"{one}"' for one in risky) or "...",
            "list": _thread(self.finding) or "messages",
            "entry": ".".join(one for one in (found.owner and names.word(found.owner), found.function or "run") if one),
            "error": handler["error"] if handler else "Exception",
            "alias": (handler["alias"] if handler else "") or "error",
            "changed": self._changed(),
            "takes_over": self._takes_over(),
            **_json(self.finding, found),
        }

    def _prompt(self) -> dict[str, str]:
        given = names.argument(self.whole.call, *_PROMPTS)
        name = given.id if isinstance(given, ast.Name) and given.id.isupper() else ""
        stem = self.found.target or self.found.function or self.agent if self._own_prompt() else self.agent
        new = names.word(stem).upper().removesuffix("_PROMPT").strip("_") + "_PROMPT"
        site = self.finding.site
        shown = self.near.whole(self.finding).site
        known = shown.check.id in _REVEALED and site.cell is None and names.quoted(site.path) == site.path
        told = f"# today's text: factorlint reveal {site.path}:{shown.span.line}\n" if known else ""
        return {
            "prompt": name or new,
            "prompt_line": "" if name else f'{told}{new} = """..."""  # the whole text that is sent\n\n',
            "NAME": new,
            "name": new.lower(),
            "fields": ", ".join(f"{one}: str" for one in shapes.fields(self.found.node)),
        }

    def _own_prompt(self) -> bool:
        """Whether the site is the prompt, and not the agent that it is for."""
        return self.finding.site.check.id in ("FL0203", "FL0204", "FL0206", "FL1003")

    def _types(self) -> str:
        made = [
            f'class Use{names.pascal(one)}(BaseModel):\n    intent: Literal["{one}"]\n    ...  # its arguments\n\n'
            for one in self.tools[:SPELT]
        ]
        rest = len(self.tools) - SPELT
        more = f"  # and a class for each of the other {rest} tools" if rest > 0 else ""
        more = more if self.tools else "  # and a class for each tool: its name, its arguments"
        classes = [*(f"Use{names.pascal(one)}" for one in self.tools[:SPELT]), "Done"]
        done = 'class Done(BaseModel):\n    intent: Literal["done"]\n    answer: str\n\n'
        return f"{''.join(made)}{done}NextStep = {' | '.join(classes)}{more}\n"

    def _branches(self) -> str:
        if not self.tools:
            return "    ...  # a branch for each step that may be chosen: run it, append what came of it\n"
        rows = []
        for one in self.tools[:SPELT]:
            run = f"{one}().run(...)" if one[:1].isupper() else f"{one}(...)"
            rows.append(
                f'    if step.intent == "{one}":\n        thread.events.append({{"type": "result", "data": {run}}})\n'
            )
        if len(self.tools) > SPELT:
            rows.append(f"    ...  # a branch for each of the other {len(self.tools) - SPELT} tools\n")
        return "".join(rows)

    def _data(self) -> dict[str, str]:
        """What goes in at the site: a text that is taken apart, the input of a run, a tool's arguments."""
        call, node = self.found.call, self.found.node
        subject, literal = shapes.subject(node)
        half = (len(self.tools) + 1) // 2
        inner = shapes.loads(node)
        arguments = [names.code(one, "...") for one in call.args] if call else []
        arguments += (
            [f"{one.arg}=..." if one.arg else f"**{names.code(one.value, '...')}" for one in call.keywords]
            if call
            else []
        )
        dynamic = call.func if call is not None and isinstance(call.func, (ast.Call, ast.Subscript)) else node
        if self.finding.site.check.id == "FL0402":
            subject = shapes.chosen(dynamic)
        elif inner is not None:
            subject = names.code(inner, "text")
        elif self.finding.site.check.id == "FL0403":
            subject = names.code(shapes.unpacked(call), "given")
        return {
            "subject": subject,
            "literal": literal,
            "key": shapes.key(node),
            "Subject": names.pascal(names.word(subject.rpartition(".")[2], "read")),
            "given": names.code(None if self.made else shapes.given(call), "..."),
            "asked": names.code(shapes.asked(call), "..."),
            "arguments": ", ".join(arguments) or "...",
            "called": names.code(call.func, "function") if call is not None else "function",
            "holder": shapes.holder(dynamic),
            "half_one": f"first = [{', '.join(self.tools[:half]) or '...'}]",
            "half_two": f"second = [{', '.join(self.tools[half:]) or '...'}]",
        }

    def _changed(self) -> str:
        found = dict.fromkeys((*_CHANGED.findall(self.text), *_CHANGED.findall(self.finding.site.source)))
        return ", ".join(list(found)[:4]) or "what it changes"

    def _takes_over(self) -> str:
        found = list(dict.fromkeys(_FILLED.findall(self.finding.site.source)))[:6] or [self.found.target]
        holder = f"{self.found.owner}." if self.found.owner else ""
        named = [f"{holder}{one}" for one in found if one]
        return f"\n    # takes the place of {', '.join(named)}" if named else ""


def _fixed(finding: Finding, found: Names) -> str:
    """The site with the argument that its fix sets."""
    fix, site = finding.site.fix, finding.site
    assert fix is not None
    new = f"{fix.argument}={fix.value}"
    first = fix.value.partition("(")[0]
    brought = f"from {fix.brings} import {first}\n\n" if fix.brings else ""
    at = "@" if site.source.startswith("@") else ""
    target = f"{found.target} = " if found.target and not at else ""
    node = found.node
    if site.source.startswith(f"{fix.argument}="):
        return f"{brought}{new}"
    if not isinstance(node, ast.Call):
        return f"{brought}{at}{names.code(node, 'call')}({new}){_stub(finding)}"
    kept = [f"{one.arg}={names.code(one.value, '...')}" for one in node.keywords if one.arg not in (None, fix.argument)]
    whole = ", ".join((*(names.code(one, "...") for one in node.args), *kept, new))
    called = names.code(node.func, "call")
    line = f"{at}{target}{called}({whole})"
    if len(line) > _WIDE:
        line = f"{at}{target}{called}(\n    ...,  # all that is there\n    {new},\n)"
    return brought + line + _stub(finding)


def _stub(finding: Finding) -> str:
    """What a decorator needs under it to be Python: the first line of the definition as it stands, if it is one."""
    if not finding.site.source.startswith("@"):
        return ""
    below = names.after(finding)[len(names.lines(finding)) :][:1]
    header = below[0].strip() if below else ""
    return f"\n{header} ..." if names.parsed(f"{header} ...") else "\ndef decorated(): ..."


def _tuple(found: tuple[str, ...]) -> str:
    return f"{found[0]}," if len(found) == 1 else ", ".join(found)


def _row(finding: Finding, found: Names) -> str:
    """How a state becomes JSON as it is: as ``pydantic``, ``dict`` or ``dataclass``; empty if it does not."""
    if "BaseModel" in found.bases:
        return "pydantic"
    if re.search(r"TypedDict|\bdict\b|MessagesState", found.bases):
        return "dict"
    above = finding.excerpt.lines[: finding.site.span.line - finding.excerpt.first] if finding.excerpt else ()
    return "dataclass" if found.owner and any(line.strip().startswith("@dataclass") for line in above[-2:]) else ""


def _json(finding: Finding, found: Names) -> dict[str, str]:
    kind = _row(finding, found)
    plain = "plain(state)" if "MessagesState" in found.bases else "state"
    written = {"pydantic": "state.model_dump_json()", "dataclass": "json.dumps(asdict(state))"}
    read = {
        "pydantic": f"{found.owner}.model_validate_json(body)",
        "dataclass": f"{found.owner}(**json.loads(body))",
    }
    note = "  # plain: every message as a dict" if plain != "state" else ""
    return {
        "to_json": written.get(kind, f"json.dumps({plain})"),
        "from_json": read.get(kind, "json.loads(body)"),
        "note": note,
    }


def _thread(finding: Finding) -> str:
    """The list of messages or events that the lines around FINDING append to; empty where they append to none."""
    found = _LIST.search("\n".join(finding.excerpt.lines)) if finding.excerpt else None
    return found[1] if found else ""
