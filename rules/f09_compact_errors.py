"""FL09 compact-errors."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Const, Expr, Lambda, Name, last_name, walk
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Kind, Where
from factorlint.provenance.handover import handed_over
from factorlint.rule import Held, Here, Mark, Rule

from . import _asked_again, _attempts, _fallbacks, _observations, _tries, _waits
from ._handlers import Does, fate, kept_for_later
from ._loops import begins_anew, counts_attempts, is_counter
from ._mended import bound, one_line, switched_off, told

UNBOUNDED_RETRY = Check(
    "FL0901",
    "unbounded-retry",
    Owner.NOBODY,
    Severity.ERROR,
    "this retry has no bound: {what}",
    "Bound it: a number of attempts or a total time, and tell the model or a person when it is reached.",
    fix="unsafe",
)
SWALLOWED_ERROR = Check(
    "FL0902",
    "swallowed-error",
    Owner.NOBODY,
    Severity.WARNING,
    "the error of {what} goes no further than this handler: model, caller and user go on without it",
    "Put a short form of the error into the thread, return it, or raise it.",
    fix="unsafe",
)
RAW_TRACEBACK_IN_CONTEXT = Check(
    "FL0903",
    "raw-traceback-in-context",
    Owner.NOBODY,
    Severity.INFO,
    "a whole traceback goes into the context",
    "Give the model one line: what failed, and with which arguments.",
    fix="unsafe",
)
FRAMEWORK_ERROR_HANDLING = Check(
    "FL0904",
    "framework-error-handling",
    Owner.FRAMEWORK,
    Severity.INFO,
    "{symbol} handles the error itself: {what}",
    "Handle the error in your own loop, where you can count it, shorten it and stop.",
    fix="unsafe",
)
ERROR_AS_EVENT = Check(None, "error-as-event", Owner.CODE, None, "the error joins the thread and the loop goes on")
HANDLED_ERROR = Check(None, "handled-error", Owner.CODE, None, "the error is shown, or returned in the result")
BOUNDED_RETRY = Check(None, "bounded-retry", Owner.CODE, None, "the retry is bounded")


class CompactErrors(Rule):
    """When a model call or a tool fails: does the model hear of it, and does it end?

    ## What it looks at

    Handlers around model calls, the parse of an answer and tool calls, bodies of tools, retry decorators and loops
    that try again. A retry without a bound and an error that goes no further than a log line are reported.

    ## Why it matters

    A model that sees its error can mend it. One that does not, repeats it; and a retry without a bound repeats it for
    money, for ever.

    ## What breaks at 80 %

    A supplier's service is down for an hour. One agent tries ten thousand times and spends a month's budget;
    another swallows the error and tells the customer that all is done. In the demo the service was never down.

    ## Framework-owned

    ```python
    from openai import OpenAI
    from tenacity import retry

    client = OpenAI()


    @retry
    def ask(messages: list) -> str:
        return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
    ```

    ## Owned

    ```python
    from openai import OpenAI
    from tenacity import retry, stop_after_attempt

    client = OpenAI()


    @retry(stop=stop_after_attempt(3))
    def ask(messages: list) -> str:
        return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
    ```

    ## What it cannot see

    Retries that a client makes by its own default, handlers in middleware, and whether anybody reads the log.
    """

    factor = 9
    name = "compact-errors"
    checks = (
        UNBOUNDED_RETRY,
        SWALLOWED_ERROR,
        RAW_TRACEBACK_IN_CONTEXT,
        FRAMEWORK_ERROR_HANDLING,
        ERROR_AS_EVENT,
        HANDLED_ERROR,
        BOUNDED_RETRY,
    )

    # -- retry libraries -------------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes.get(here.where.order)
        if number is None:
            return
        place = Where(here.where.path, number, here.where.order)
        for decorator in node.decorators:
            for mark in self._retry(decorator.decorator, decorator, here):
                if _is_site(here, place):
                    yield mark
        yield from self._recursion(node, here, place)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for held in here.held(node, "FL0904"):
            yield here.mark_held(FRAMEWORK_ERROR_HANDLING, node, held, fix=switched_off(node, held, here))
        for held in here.held(node, ERROR_AS_EVENT.id):
            if _worded(held, here):
                yield here.mark_held(ERROR_AS_EVENT, node, held)
        if _observations.tells_what_failed(node, here):
            yield here.mark(ERROR_AS_EVENT, node, confidence=Confidence.MEDIUM)
        if isinstance(_parent(here), cst.Decorator):
            return
        function = here.function()
        if function is None or _is_site(here, Where(here.where.path, function.id, function.order)):
            yield from self._retry(node, node, here)

    def visit_Dict(self, node: cst.Dict, here: Here) -> Iterator[Mark]:
        if _observations.tells_what_failed(node, here):
            yield here.mark(ERROR_AS_EVENT, node, confidence=Confidence.MEDIUM)

    def _retry(self, made: cst.BaseExpression, at: cst.CSTNode, here: Here) -> Iterator[Mark]:
        for held in here.held(made, "FL0901") if not _is_no_matter(here) else ():
            fix = bound(held)
            yield here.mark(UNBOUNDED_RETRY, at, held.origin, confidence=held.confidence, what=held.fact.what, fix=fix)
        for held in here.held(made, "FL0902"):
            yield here.mark(SWALLOWED_ERROR, at, held.origin, confidence=held.confidence, what=held.fact.what)
        for held in here.held(made, "bounded-retry"):
            yield here.mark(BOUNDED_RETRY, at, held.origin, owner=held.fact.owner, confidence=held.confidence)

    # -- loops that try again --------------------------------------------------------------------------------------

    def visit_While(self, node: cst.While, here: Here) -> Iterator[Mark]:
        test = here.expr(node.test)
        if _compares(test) and _asks(here):
            said = _asked_again.corrections(here)
            yield from (one.mark(ERROR_AS_EVENT, one.node, confidence=Confidence.MEDIUM) for one in said)
            if said or counts_attempts(test):
                yield here.mark(BOUNDED_RETRY, node)
                return
        for tried in node.body.body:
            if not isinstance(tried, cst.Try) or not _asks(here) or _begins_anew(here):
                continue
            endless = isinstance(node.test, cst.Name) and node.test.value == "True"
            counted = _counts(here) or (not endless and _compares(test))
            goes_on = [one for one in here.inside(cst.ExceptHandler) if _goes_on(one) and not _may_refuse(one)]
            if goes_on and endless and not counted:
                yield here.mark(UNBOUNDED_RETRY, node, what="it goes on after every error, with no counter")
            elif goes_on and counted:
                yield here.mark(BOUNDED_RETRY, node)

    def visit_For(self, node: cst.For, here: Here) -> Iterator[Mark]:
        over = here.expr(node.iter)
        target = node.target.value if isinstance(node.target, cst.Name) else ""
        counted = isinstance(over, Call) and over.func == Name("range")
        if not counted or not _asks(here):
            return
        said = _asked_again.corrections(here)
        yield from (one.mark(ERROR_AS_EVENT, one.node, confidence=Confidence.MEDIUM) for one in said)
        if said or is_counter(target) or any(_asks_in_body(one) for one in here.inside(cst.Try)):
            yield here.mark(BOUNDED_RETRY, node)

    def _recursion(self, node: cst.FunctionDef, here: Here, place: Where) -> Iterator[Mark]:
        """The function calls itself from an except, and nothing it passes counts."""
        for inner in here.inside(cst.ExceptHandler):
            for call in inner.inside(cst.Call):
                again = any(
                    one.kind is Kind.DEFINITION and one.place is not None and one.place.scope == place.scope
                    for one in call.callees(call.node)
                    if one.place is not None and one.place.path == place.path
                )
                if again and _asks(here) and not _passes_a_count(call.expr(call.node)) and not _may_refuse(inner):
                    yield here.mark(UNBOUNDED_RETRY, call.node, what="it calls itself from an except, with no counter")

    # -- handlers --------------------------------------------------------------------------------------------------

    def visit_Try(self, node: cst.Try, here: Here) -> Iterator[Mark]:
        what = _tries.what(here) if here.enclosing(cst.Finally) is None else None  # who clears up asks for nothing
        if what is None:
            if _asks_far_below(here):
                yield from self._far(node, here)
            return
        cli = _read_by_a_person(here)
        for inner in here.inside(cst.ExceptHandler):
            if inner.node not in node.handlers or _no_failure(inner.node):
                continue
            does = fate(inner.node, inner, cli=cli)
            if does is Does.RETRIES and _fallbacks.asks_again(inner, here):
                yield inner.mark(BOUNDED_RETRY, inner.node, confidence=Confidence.MEDIUM)
                continue
            if does in (Does.RETURNS, Does.RAISES):
                if _fallbacks.thrown_into_thread(inner, kept_for_later(inner.node, inner, cli=cli)):
                    yield inner.mark(ERROR_AS_EVENT, inner.node, confidence=Confidence.MEDIUM)
                    continue
            attempt = what != _tries.TOOL_CALL and _inside_a_counted_loop(inner)
            if does is Does.RETURNS and attempt and kept_for_later(inner.node, inner, cli=cli):
                continue  # the error of one attempt, kept until the last has failed
            yield from self._handled(inner.node, inner, does, what, here)

    def _far(self, node: cst.Try, here: Here) -> Iterator[Mark]:
        """The handler around the step of a loop, far above the model call: where the error joins the thread."""
        for inner in here.inside(cst.ExceptHandler):
            if inner.node in node.handlers and not _no_failure(inner.node):
                if fate(inner.node, inner, cli=False) is Does.APPENDS:
                    yield inner.mark(ERROR_AS_EVENT, inner.node, confidence=Confidence.MEDIUM)

    def _handled(self, node: cst.ExceptHandler, here: Here, does: Does, what: str, tried: Here) -> Iterator[Mark]:
        if does is Does.APPENDS:
            yield here.mark(ERROR_AS_EVENT, node, confidence=Confidence.MEDIUM)
            if _whole_traceback(here):
                at, fix = one_line(node, here)
                yield here.mark(RAW_TRACEBACK_IN_CONTEXT, node, confidence=Confidence.MEDIUM, fix=fix, fix_at=at)
        elif does is Does.RETRY_SIGNAL:
            yield here.mark(ERROR_AS_EVENT, node, owner=Owner.SHARED, confidence=Confidence.MEDIUM)
        elif does is Does.RETURNS and what == _tries.TOOL_CALL:  # the result that the loop puts into the thread
            yield here.mark(ERROR_AS_EVENT, node, confidence=Confidence.MEDIUM)
        elif does in (Does.RETURNS, Does.SHOWS):
            yield here.mark(HANDLED_ERROR, node, confidence=Confidence.MEDIUM)
        elif does is Does.DROPS and _swallows(here, tried):
            at, fix = told(node, what == "the tool")
            yield here.mark(SWALLOWED_ERROR, node, confidence=Confidence.MEDIUM, fix=fix, fix_at=at, what=what)

    def visit_Raise(self, node: cst.Raise, here: Here) -> Iterator[Mark]:
        """``raise ModelRetry``: the framework gives the error to the model."""
        handler = here.outer(cst.ExceptHandler)
        tried = handler.outer(cst.Try) if handler is not None else None
        if node.exc is None or (tried is not None and _tries.what(tried) is not None):
            return  # of those the handler is the site
        at = handler or here
        target = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
        for origin in here.origins(target):
            if here.plays(origin, "retry") and origin.kind is Kind.LIBRARY and origin.symbol is not None:
                if origin.symbol.does != "retry":
                    yield at.mark(ERROR_AS_EVENT, at.node, origin, owner=Owner.SHARED)


def _is_no_matter(here: Here) -> bool:
    """Whether the policy visited HERE is for a call that is also given the time in which all retries must end, or for
    a function that asks no model.
    """
    around = next((node for node in here.ancestors() if isinstance(node, cst.Call)), None)
    for callee in here.callees(around) if around is not None else ():
        symbol = callee.symbol
        if around is None or symbol is None or not symbol.parameter("calls"):
            continue
        if any(name in here.arguments(around, symbol).given for name in symbol.parameter("bound")):
            return True
        call = here.expr(around)
        inner = handed_over(callee, call) if isinstance(call, Call) else None
        origins = here.view.tracer.callees(inner.func, here.where) if inner is not None else ()
        bodies = [body for one in origins for body in here.view.reach.bodies(one)]
        return bool(bodies) and not any(_is_site(here, body) for body in bodies)
    return False


def _worded(held: Held, here: Here) -> bool:
    """Whether a text or a function of the tree is the argument that words the error."""
    row = held.arguments.given.get(held.fact.at)
    if row is None:
        return False
    return any(
        one.kind is Kind.DEFINITION
        or isinstance(one.expr, Lambda)
        or (isinstance(one.expr, Const) and isinstance(one.expr.value, str))
        for one in here.view.tracer.origins(*row)
    )


_SIGNALS = frozenset(
    "KeyboardInterrupt SystemExit GeneratorExit EOFError StopIteration StopAsyncIteration CancelledError Empty "
    "QueueEmpty".split()
)


def _no_failure(handler: cst.ExceptHandler) -> bool:
    """A person or the runtime ends something: nothing failed that a model should hear of."""
    kinds = [one.value for one in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
    names = [one.attr.value if isinstance(one, cst.Attribute) else getattr(one, "value", None) for one in kinds]
    return all(name in _SIGNALS for name in names)


def _swallows(handler: Here, tried: Here) -> bool:
    """Whether HANDLER, of the `try` visited at TRIED, loses the error for good."""
    cli, what = _read_by_a_person(tried), _tries.what(tried)
    if what is None or fate(handler.node, handler, cli=cli) is not Does.DROPS:
        return False
    if _outer_tells(tried, cli) or _fallbacks.excuses(handler, tried, what):
        return False
    if _inside_a_counted_loop(handler) or _tried_otherwise(handler):
        return False
    return what != _tries.PARSE or not _attempts.follow(handler, tried, _swallows)


def _asks_far_below(here: Here) -> bool:
    body = _tries.body(here)
    return bool(body) and here.view.reach.statements_do(here.where.path, body[0], body[-1], _tries.ASKS, within=_FAR)


def _outer_tells(here: Here, cli: bool) -> bool:
    """Whether the `try` only clears up in a handler that itself raises, returns or shows the error."""
    outer = here.outer(cst.ExceptHandler)
    return outer is not None and fate(outer.node, outer, cli=cli) in _TELLS


_FAR = 5  # run → step → query → the model's own class → its retry
_TELLS = frozenset((Does.RAISES, Does.RETRY_SIGNAL, Does.APPENDS, Does.RETURNS, Does.SHOWS))


def _tried_otherwise(here: Here) -> bool:
    """Whether what follows tries something else, or raises after all: the failure of one way is not the last word."""
    if any(True for _ in here.inside(cst.Return)):
        return False
    function = here.function()
    ending = here.enclosing(cst.FunctionDef)
    if function is None or not isinstance(ending, cst.FunctionDef):
        return False
    last = ending.body.body[-1]
    if isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise):
        return True
    if here.outer(cst.While, cst.For) is not None or any(True for _ in here.inside(cst.Continue)):
        return False
    after = here.view.reach.end(here.where.path, here.where.order) + 1
    return here.view.reach.statements_do(here.where.path, after, function.end, _tries.ASKS, within=2, own=function.id)


def _parent(here: Here) -> cst.CSTNode | None:
    return next(here.ancestors(), None)


def _is_site(here: Here, place: Where) -> bool:
    """A function that asks a model, or that is a tool: elsewhere a retry is no business of an agent."""
    if (place.path, place.scope) in here.view.agents.bodies:
        return True
    if here.view.reach.function_does(place, _tries.ASKS, within=3):
        return True
    scope = here.view.project.scope(place)
    for path, called in here.view.project.calls_of(scope.name):  # a helper that makes the retry for its callers
        caller = here.view.project.inside(Where(path, called.scope, called.order), "function")
        if caller is not None:
            below = here.view.reach.summary(Where(path, caller.id, caller.order))
            if (place.path, place.scope) in below.functions and not _tries.ASKS.isdisjoint(below.does):
                return True
    return False


def _begins_anew(here: Here) -> bool:
    """Whether each round of the loop waits for something new from outside: a conversation, no second attempt."""
    waits = any(_waits.is_future(inner, inner.node.expression) for inner in here.inside(cst.Await))
    return waits or begins_anew(here)


def _asks(here: Here) -> bool:
    path, order = here.where.path, here.where.order
    end = here.view.reach.end(path, order)
    return here.view.reach.statements_do(path, order, end, _tries.ASKS, within=3)


def _asks_in_body(here: Here) -> bool:
    """Whether the body of the `try` itself comes to a model."""
    body = _tries.body(here)
    if not body:
        return False
    return here.view.reach.statements_do(here.where.path, body[0], body[-1], _tries.ASKS, within=3)


def _goes_on(handler: Here) -> bool:
    """An except that lets the loop go round again, at least until a count is reached."""
    block = handler.node.body.body
    small = [one for line in block if isinstance(line, cst.SimpleStatementLine) for one in line.body]
    return not any(isinstance(one, (cst.Raise, cst.Return, cst.Break)) for one in small)


def _may_refuse(handler: Here) -> bool:
    """``if not self.switch_model(error): raise``: a function of the tree says whether there is another attempt."""
    for inner in handler.inside(cst.If):
        body = inner.node.body.body
        small = [one for line in body if isinstance(line, cst.SimpleStatementLine) for one in line.body]
        if not any(isinstance(one, (cst.Raise, cst.Return, cst.Break)) for one in small):
            continue
        if any(_asks_the_tree(inner, expr, handler.where.order) for expr in walk(inner.expr(inner.node.test))):
            return True
    return False


def _asks_the_tree(here: Here, expr: Expr, since: int) -> bool:
    """Whether EXPR calls a function of the tree, or is a name that was given what one gave since statement SINCE."""
    if isinstance(expr, Name):
        rows = here.scope.bindings.get(expr.id, ())
        given = [row.value for row in rows if since <= row.order < here.where.order]
        return any(isinstance(one, Call) and _asks_the_tree(here, one, since) for one in given)
    if not isinstance(expr, Call):
        return False
    found = here.view.tracer.origins(expr.func, here.where)
    return any(one.kind is Kind.DEFINITION or one.kind is Kind.UNKNOWN for one in found)


def _counts(here: Here) -> bool:
    """A counter is raised or lowered in the loop and compared in it."""
    grown = {
        inner.expr(inner.node.target)
        for inner in here.inside(cst.AugAssign)
        if isinstance(inner.node.operator, (cst.AddAssign, cst.SubtractAssign))
    }
    if not grown:
        return False
    return any(any(one in grown for one in walk(inner.expr(inner.node))) for inner in here.inside(cst.Comparison))


def _compares(test: Expr) -> bool:
    return any(getattr(one, "op", "") in ("<", "<=", ">", ">=", "!=") for one in walk(test))


def _passes_a_count(expr: Expr) -> bool:
    """``again(n + 1)``: something that grows or shrinks is passed on."""
    return any(getattr(one, "op", "") in ("+", "-") for one in walk(expr))


def _inside_a_counted_loop(here: Here) -> bool:
    """The error of one attempt among several: what the last one does is what counts."""
    for node in here.ancestors():
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            return False
        if isinstance(node, cst.For) and isinstance(node.iter, cst.Call):
            if isinstance(node.iter.func, cst.Name) and node.iter.func.value == "range":
                return True
    return False


def _whole_traceback(here: Here) -> bool:
    for inner in here.inside(cst.Call):
        expr = inner.expr(inner.node.func)
        if last_name(expr) == "format_exc" and isinstance(expr, (Attr, Name)):
            return not isinstance(_parent(inner), cst.Subscript)
    return False


def _read_by_a_person(here: Here) -> bool:
    """Whether what is printed here is read: a script's own functions, a command line."""
    function = here.function()
    if function is None:
        return True
    return bool(here.view.facts.main) or function.name in ("main", "cli", "run_cli")
