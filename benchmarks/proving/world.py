"""A release with what it builds on, and what a dotted path is in it.

Paths are followed as Python would follow them: through re-exports, star imports, lazy tables, submodules, base
classes in other packages, attributes that ``__init__`` sets, and what a function or property is annotated to return.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib.metadata
import importlib.util
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from factorlint.installed import Folder
from proving.bodies import body, on_self
from proving.files import read, stub_of
from proving.modules import FUNCTIONS, Binding, Function, Imported, Module, Value, bound
from proving.wheels import Missing, Package, Shelf, standard

_INSIDE = frozenset(  # annotations that speak of what stands in their brackets
    "Optional Union Annotated Awaitable Coroutine Type type ClassVar Final Required NotRequired Mapped Callable "
    "AsyncIterator Iterator AsyncGenerator Generator ContextManager AsyncContextManager "
    "AbstractContextManager AbstractAsyncContextManager".split()
)
_ANYTHING = frozenset(("Any", "t.Any", "typing.Any", "object"))
_THROUGH = frozenset("property cached_property cast wraps staticmethod classmethod lru_cache cache deprecated".split())
_PLAIN = frozenset((*dir(builtins), "TypedDict", "NamedTuple", "Generic", "Protocol"))  # bases that add nothing
_HEAVY = frozenset(("torch", "tensorflow", "jax", "jaxlib"))  # half a gigabyte each, and no catalogued class inside
_DEEP = 60


@dataclass(frozen=True, eq=False)
class Found:
    """What a path leads to. ``node`` is a class, a function or the statement of a value; None for a module.

    ``beyond`` says why nothing more can be told: it lies in a package that is not at hand, or is compiled.
    """

    module: Module
    node: ast.ClassDef | Function | Value | None = None
    owner: Found | None = None  # the class whose body it stands in
    receiver: Found | None = None  # the class that was asked for it, which may inherit it
    names: dict[str, list[Binding]] | None = None  # what the function around it binds
    beyond: str = ""

    @property
    def line(self) -> int:
        node = self.node.node if isinstance(self.node, Value) else self.node
        return node.lineno if node is not None else 1


class World:
    """One release and the packages it asks for, which are brought when a path leads there."""

    def __init__(self, shelf: Shelf | None, own: Package, siblings: Iterable[str] = ()) -> None:
        self.shelf = shelf
        self.own = own
        self.packages = [own]
        self._siblings = tuple(map(Requirement, siblings))  # may be brought though nothing asks for them
        self._asked: set[str] = set()
        self._modules: dict[str, Module | None] = {}
        self._paths: dict[str, Found | None] = {}
        self._members: dict[tuple[str, str], Found | None] = {}
        self._homes: dict[str, Path] = {}

    # -- modules ---------------------------------------------------------------------------------------------------

    def module(self, name: str, grow: bool = True) -> Module | None:
        """The module called NAME; a folder without code is one too."""
        if name not in self._modules or (self._modules[name] is None and grow):
            self._modules[name] = self._module(name, grow)
        return self._modules[name]

    def _module(self, name: str, grow: bool) -> Module | None:
        if name.partition(".")[0] in sys.stdlib_module_names and self.own.name != "typeshed":
            return read(standard(), name)
        for package in self.packages:
            found = read(package, name)
            if found is not None and (found.text or not grow):
                return found
        if grow and self._grow(name):
            return self._module(name, grow)
        return next((one for one in (read(package, name) for package in self.packages) if one is not None), None)

    def _grow(self, name: str) -> bool:
        """Bring the package in which the module NAME would lie, if something here asks for it."""
        parts = name.split(".")
        for end in range(min(3, len(parts)), 0, -1):
            wanted = canonicalize_name("-".join(parts[:end]))
            if not wanted or wanted in self._asked or wanted in _HEAVY or self.shelf is None:
                continue
            self._asked.add(wanted)
            asked = next(self._asking(wanted), None)
            if asked is not None:
                with contextlib.suppress(Missing):
                    self.packages.append(self.shelf.fitting(asked, self.own))
                    self._modules = {key: held for key, held in self._modules.items() if held is not None}
                    return True
        return False

    def _asking(self, wanted: str) -> Iterator[Requirement]:
        """What asks for a package called WANTED, or whose name ends so."""
        asked = [one for package in self.packages for one in package.requirements]
        yield from (one for one in (*asked, *self._siblings) if canonicalize_name(one.name) == wanted)
        yield from (one for one in asked if canonicalize_name(one.name).endswith(f"-{wanted}"))

    # -- paths -----------------------------------------------------------------------------------------------------

    def find(self, path: str) -> Found | None:
        """What PATH leads to; None if it leads nowhere."""
        if path not in self._paths:
            self._paths[path] = None  # a path that needs itself leads nowhere
            self._paths[path] = self._find(path)
        return self._paths[path]

    def _find(self, path: str) -> Found | None:
        parts = path.split(".")
        for end in range(len(parts), 0, -1):
            module = self.module(".".join(parts[:end]), grow=False)
            if module is None:
                continue
            found = self._walk(Found(module), parts[end:])
            if found is not None:
                self._homes[path] = module.folder
                return found
        return None

    def home(self, path: str) -> Package | None:
        """The package in which the module lies that PATH, which was found, begins with."""
        folder = self._homes.get(path)
        return next((one for one in self.packages if one.folder.path == folder), None)

    def _walk(self, found: Found | None, names: Iterable[str]) -> Found | None:
        for name in names:
            if found is None or found.beyond:
                return found
            found = self.member(found, name)
        return found

    def member(self, found: Found, name: str) -> Found | None:
        """The attribute NAME of what was found."""
        if found.beyond:
            return found
        if found.node is None:
            return self._of_module(found.module, name)
        holder = self.held(found)
        if holder is None or holder.beyond:
            return holder
        return self._of_module(holder.module, name) if holder.node is None else self._of_class(holder, name)

    def _of_module(self, module: Module, name: str) -> Found | None:
        key = (module.file, name)
        if key not in self._members:
            self._members[key] = None
            self._members[key] = self._in_module(module, name)
        return self._members[key]

    def _in_module(self, module: Module, name: str) -> Found | None:
        later = _first(self._listed_in(star, name) for star in module.stars_after(name))
        if later is not None:
            return later
        held = module.bindings.get(name, ())
        plain = [one for one in held if len(held) == 1 or not _wraps(one, name)]
        dark = _first(self.bound(binding, module) for binding in reversed(plain))
        if dark is not None and not dark.beyond:
            return dark
        stub = stub_of(self.packages, module)
        if stub is not None and name in stub.bindings:
            return self._of_module(stub, name)
        inner = self.module(f"{module.name}.{name}", grow=False)
        if inner is not None:
            return Found(inner)
        return _first((self._starred(module, name), self._promised(module, name))) or dark

    def _starred(self, module: Module, name: str) -> Found | None:
        for star in module.stars:
            target = self.module(star)
            if target is not None and target.exports(name) and target.file != module.file:
                found = self._of_module(target, name)
                if found is not None:
                    return found
        return None

    def _listed_in(self, star: str, name: str) -> Found | None:
        """NAME in a module that lists it: imported with ``*``, it takes the place of what was bound before."""
        target = self.module(star)
        return self._of_module(target, name) if target is not None and target.lists(name) else None

    def _promised(self, module: Module, name: str) -> Found | None:
        """What comes into being when NAME is asked for."""
        if not module.lazy:
            return None
        for path in dict.fromkeys(module.promised(name)):
            self.module(path.rpartition(".")[0])
            found = self.find(path)
            if found is not None and found.module.file != module.file:
                return found
        return _first(self._of_module(other, name) for other in self._handed_on(module))

    def _handed_on(self, module: Module) -> Iterator[Module]:
        """The modules that a ``__getattr__`` of MODULE asks in turn."""
        for binding in module.bindings.get("__getattr__", ()):
            if not isinstance(binding, FUNCTIONS):
                continue
            where = Found(module, binding, names=bound(binding.body, module.package))
            for node in ast.walk(binding):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr" and node.args:
                    found = self.expression(node.args[0], where)
                    if found is not None and found.node is None and not found.beyond:
                        yield found.module

    def bound(self, binding: Binding, module: Module, owner: Found | None = None) -> Found | None:
        """What a binding in MODULE leads to."""
        if not isinstance(binding, Imported):
            return Found(module, binding, owner)
        target = self.module(binding.module)
        if target is None:
            return Found(module, beyond=f"it comes from {binding.module}, which is not at hand")
        if not binding.member:
            return Found(target)
        if target.file == module.file:  # from . import x, in the package itself
            inner = self.module(f"{module.name}.{binding.member}")
            return Found(inner) if inner is not None else None
        found = self._of_module(target, binding.member)
        if found is None:
            inner = self.module(f"{target.name}.{binding.member}")
            return Found(inner) if inner is not None else None
        return found

    # -- classes ---------------------------------------------------------------------------------------------------

    def _of_class(self, holder: Found, name: str) -> Found | None:
        dark = None
        for one in self.lineage(holder):
            if one.beyond:
                dark = dark or one
                continue
            found = self.own_member(one, name)
            if found is not None:
                return replace(found, receiver=holder)
        return dark or self._added(holder, name)

    def _added(self, holder: Found, name: str) -> Found | None:
        """Why NAME may be there though nobody defines it: a metaclass, and the name written in the class or in it."""
        for one in self.lineage(holder):
            for word in one.node.keywords if isinstance(one.node, ast.ClassDef) else ():
                if word.arg != "metaclass":
                    continue
                meta = self.expression(word.value, one)
                if meta is None or meta.module.name.partition(".")[0] in sys.stdlib_module_names:
                    continue
                spoken = [held.node for held in self.lineage(holder) if isinstance(held.node, ast.ClassDef)]
                spoken += [meta.node] if meta is not None and isinstance(meta.node, ast.ClassDef) else []
                if any(re.search(rf"\b{re.escape(name)}\b", ast.unparse(node)) for node in spoken):
                    return Found(holder.module, owner=holder, beyond=f"the metaclass {ast.unparse(word.value)} adds it")
        return None

    def own_member(self, holder: Found, name: str) -> Found | None:
        """The member NAME that the class itself defines, or sets on its instances."""
        assert isinstance(holder.node, ast.ClassDef)
        names = body(holder.node, holder.module.package)
        for binding in reversed(names.get(name, ())):
            found = self.bound(binding, holder.module, holder)
            if found is not None:
                return found
        for value, function in on_self(holder.node, holder.module.package, name):
            return Found(holder.module, value, holder, names=bound(function.body, holder.module.package))
        if "__getattr__" in names and not name.startswith("__") and holder.node.name != "BaseModel":
            return Found(holder.module, owner=holder, beyond=f"{holder.node.name}.__getattr__ makes it up")
        return None

    def lineage(self, holder: Found) -> Iterator[Found]:
        """The class and its bases, nearest first, each once; a base that is not at hand has `beyond`."""
        queue, seen = deque([holder]), set()
        while queue:
            one = queue.popleft()
            if id(one.node) in seen:
                continue
            seen.add(id(one.node))
            yield one
            if not isinstance(one.node, ast.ClassDef):
                continue
            for base in one.node.bases:
                found = self.expression(base, one)
                found = self.held(found) if found is not None and not isinstance(found.node, ast.ClassDef) else found
                if found is not None and (isinstance(found.node, ast.ClassDef) or found.beyond):
                    queue.append(found)
                elif ast.unparse(base).partition("[")[0].rpartition(".")[2] not in _PLAIN:
                    queue.append(Found(one.module, beyond=f"its base {ast.unparse(base)} cannot be followed"))

    # -- expressions -----------------------------------------------------------------------------------------------

    def held(self, found: Found, depth: int = 0) -> Found | None:
        """The class (or module) whose members FOUND has: a function stands for what it gives back."""
        node = found.node
        if found.beyond or node is None or isinstance(node, ast.ClassDef):
            return found
        if depth > _DEEP:
            return None
        names = found.names
        told: list[ast.expr | None]
        if isinstance(node, Value):
            told = [node.annotation, node.value]
        else:
            names = bound(node.body, found.module.package)
            told = [node.returns, *_returned(node), *(one.returns for one in self.overloads(found))]
        dark = None
        for one in told:
            if one is None:
                continue
            made = self.expression(one, replace(found, names=names), depth + 1)
            made = self.held(made, depth + 1) if made is not None else None
            if made is not None and not made.beyond and ast.unparse(one) not in _ANYTHING:
                return made
            dark = dark or (made if made is not None and made.beyond else None)
        stub = stub_of(self.packages, found.module) if isinstance(node, Value) else None
        name = next(iter(found.module.named(node)), "") if isinstance(node, Value) else ""
        return self._of_module(stub, name) if stub is not None and name else dark

    def overloads(self, found: Found) -> list[Function]:
        """The other functions that go by the name of the one that was found, beside it."""
        holder = found.owner.node if found.owner is not None else None
        names = body(holder, found.module.package) if isinstance(holder, ast.ClassDef) else found.module.bindings
        same = names.get(found.node.name, ()) if isinstance(found.node, FUNCTIONS) else ()
        return [one for one in same if isinstance(one, FUNCTIONS) and one is not found.node]

    def expression(self, node: ast.expr, where: Found, depth: int = 0) -> Found | None:
        """What an expression or annotation, standing in WHERE, speaks of."""
        if depth > _DEEP:
            return None
        go = functools.partial(self.expression, where=where, depth=depth + 1)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            quoted = _quoted(node.value)
            return go(quoted) if quoted is not None else None
        if isinstance(node, ast.Name):
            return self.name(node.id, where)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, where, depth)
        if isinstance(node, ast.Subscript):
            word = ast.unparse(node.value).rpartition(".")[2]
            if word in _INSIDE:
                inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                return _first(go(one) for one in inner)
            return go(node.value)
        if isinstance(node, ast.BinOp):
            return _first((go(node.left), go(node.right)))
        if isinstance(node, ast.BoolOp):
            return _first(map(go, node.values))
        if isinstance(node, ast.IfExp):
            return _first((go(node.body), go(node.orelse)))
        if isinstance(node, (ast.Await, ast.Starred)):
            return go(node.value)
        if isinstance(node, ast.Call):
            return self._called(node, where, depth)
        return None

    def _attribute(self, node: ast.Attribute, where: Found, depth: int) -> Found | None:
        me = where.receiver or where.owner
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") and me is not None:
            return self._of_class(me, node.attr)
        found = self.expression(node.value, where, depth + 1)
        return self.member(found, node.attr) if found is not None else None

    def _called(self, node: ast.Call, where: Found, depth: int) -> Found | None:
        word = ast.unparse(node.func).rpartition(".")[2]
        if word in _THROUGH or word in ("partial", "TypeVar"):
            parts = [*node.args, *(one.value for one in node.keywords if one.arg == "bound")]
            return _first(self.expression(one, where, depth + 1) for one in reversed(parts))
        found = self.expression(node.func, where, depth + 1)
        if found is None or isinstance(found.node, ast.ClassDef) or found.beyond:
            return found
        return self.held(found, depth + 1)

    def name(self, word: str, where: Found) -> Found | None:
        """What WORD means where WHERE stands: in its function, its module, or Python itself."""
        if word in ("Self", "cls", "self") and where.owner is not None:
            return where.receiver or where.owner
        local = (where.names or {}).get(word, [])
        defined = [one for one in local if not isinstance(one, Value)]  # a class that is decorated below it stays one
        for binding in reversed(defined or local):
            if isinstance(binding, Value) and binding.node is getattr(where.node, "node", None):
                continue
            return self.bound(binding, where.module, where.owner)
        around = where if isinstance(where.node, ast.ClassDef) else where.owner
        if around is not None and where.names is None and isinstance(around.node, ast.ClassDef):
            inner = body(around.node, around.module.package).get(word, ())
            for binding in inner if isinstance(where.node, (ast.ClassDef, Value)) else ():
                if isinstance(binding, ast.ClassDef) or (isinstance(binding, Value) and binding is not where.node):
                    return self.bound(binding, around.module, around)
        found = self._of_module(where.module, word)
        if found is not None and found.node is where.node and where.node is not None and isinstance(found.node, Value):
            return None  # X = X or something
        return found


def _returned(node: Function) -> list[ast.expr]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None]


def _quoted(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return None


def _first(found: Iterable[Found | None]) -> Found | None:
    """The first that can be followed, else the first at all."""
    dark = None
    for one in found:
        if one is not None and not one.beyond:
            return one
        dark = dark or one
    return dark


def _wraps(binding: Binding, name: str) -> bool:
    """``X = wrapped(X)``: it is what it was."""
    called = binding.value if isinstance(binding, Value) else None
    return isinstance(called, ast.Call) and any(isinstance(one, ast.Name) and one.id == name for one in called.args)


@functools.cache
def standard_worlds() -> tuple[World, ...]:
    """The library of the running Python by its sources, and by mypy's stubs for what is written in C."""
    mypy = importlib.util.find_spec("mypy")
    worlds = (World(None, standard()),)
    if mypy is None or mypy.origin is None:
        return worlds
    stubs = Folder(Path(mypy.origin).parent / "typeshed" / "stdlib")
    return (*worlds, World(None, Package("typeshed", Version(importlib.metadata.version("mypy")), stubs)))
