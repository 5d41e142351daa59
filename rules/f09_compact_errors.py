"""FL09 compact-errors."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Const, Lambda, Name, last_name
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Kind, Where
from factorlint.rule import Held, Here, Mark, Rule, View

from . import _asked_again, _attempts, _fallbacks, _observations, _retries, _routed, _swallowed, _tries
from ._handlers import Does, fate, kept_for_later
from ._loops import compares, counts_attempts, is_counter
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

    def leads(self, view: View) -> Iterator[tuple[str, int]]:
        for path, number in _tries.served(view):
            yield path, view.project.files[path].scopes[number].order

    # -- retry libraries -------------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes[here.where.order]
        place = Where(here.where.path, number, here.where.order)
        for decorator in node.decorators:
            for mark in self._retry(decorator.decorator, decorator, here):
                if _retries.is_site(here, place):
                    yield mark
        for call, counted in _retries.again_from_an_except(here, place):
            if counted:
                yield here.mark(BOUNDED_RETRY, call, confidence=Confidence.MEDIUM)
            else:
                yield here.mark(UNBOUNDED_RETRY, call, what="it calls itself from an except, with no counter")

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
        if function is None or _retries.is_site(here, Where(here.where.path, function.id, function.order)):
            yield from self._retry(node, node, here)

    def visit_Dict(self, node: cst.Dict, here: Here) -> Iterator[Mark]:
        if _observations.tells_what_failed(node, here):
            yield here.mark(ERROR_AS_EVENT, node, confidence=Confidence.MEDIUM)

    def _retry(self, made: cst.BaseExpression, at: cst.CSTNode, here: Here) -> Iterator[Mark]:
        for held in here.held(made, "FL0901") if not _retries.is_no_matter(here) else ():
            fix = bound(held)
            yield here.mark(UNBOUNDED_RETRY, at, held.origin, confidence=held.confidence, what=held.fact.what, fix=fix)
        for held in here.held(made, "FL0902"):
            yield here.mark(SWALLOWED_ERROR, at, held.origin, confidence=held.confidence, what=held.fact.what)
        for held in here.held(made, "bounded-retry"):
            yield here.mark(BOUNDED_RETRY, at, held.origin, owner=held.fact.owner, confidence=held.confidence)

    # -- loops that try again --------------------------------------------------------------------------------------

    def visit_While(self, node: cst.While, here: Here) -> Iterator[Mark]:
        test = here.expr(node.test)
        if compares(test) and _retries.asks(here):
            said = _asked_again.corrections(here)
            yield from (one.mark(ERROR_AS_EVENT, one.node, confidence=Confidence.MEDIUM) for one in said)
            if said or counts_attempts(test):
                yield here.mark(BOUNDED_RETRY, node)
                return
        for tried in node.body.body:
            if not isinstance(tried, cst.Try) or not _retries.asks(here) or _retries.starts_anew(here):
                continue
            bounded = _retries.is_bounded(node, here)
            if bounded is False:
                yield here.mark(UNBOUNDED_RETRY, node, what="it goes on after every error, with no counter")
            elif bounded:
                yield here.mark(BOUNDED_RETRY, node)

    def visit_If(self, node: cst.If, here: Here) -> Iterator[Mark]:
        if _routed.ends_the_attempts(node, here):
            yield here.mark(BOUNDED_RETRY, node, confidence=Confidence.MEDIUM)

    def visit_For(self, node: cst.For, here: Here) -> Iterator[Mark]:
        over = here.expr(node.iter)
        target = node.target.value if isinstance(node.target, cst.Name) else ""
        counted = isinstance(over, Call) and over.func == Name("range")
        if not counted or not _retries.asks(here):
            return
        said = _asked_again.corrections(here)
        yield from (one.mark(ERROR_AS_EVENT, one.node, confidence=Confidence.MEDIUM) for one in said)
        if said or is_counter(target) or any(_retries.asks_in_body(one) for one in here.inside(cst.Try)):
            yield here.mark(BOUNDED_RETRY, node)

    # -- handlers --------------------------------------------------------------------------------------------------

    def visit_Try(self, node: cst.Try, here: Here) -> Iterator[Mark]:
        what = _tries.what(here) if here.enclosing(cst.Finally) is None else None  # who clears up asks for nothing
        if what is None:
            if _tries.in_a_served_tool(here):
                yield from self._served(node, here)
            elif _swallowed.asks_far_below(here):
                yield from self._far(node, here)
            return
        cli = _swallowed.read_by_a_person(here)
        for inner in here.inside(cst.ExceptHandler):
            if inner.node not in node.handlers or _swallowed.no_failure(inner.node, inner):
                continue
            does = fate(inner.node, inner, cli=cli)
            if does is Does.RETRIES and _fallbacks.asks_again(inner, here):
                yield inner.mark(BOUNDED_RETRY, inner.node, confidence=Confidence.MEDIUM)
            if does in (Does.RETURNS, Does.RAISES):
                if _fallbacks.thrown_into_thread(inner, kept_for_later(inner.node, inner, cli=cli)):
                    yield inner.mark(ERROR_AS_EVENT, inner.node, confidence=Confidence.MEDIUM)
                    continue
            attempt = what != _tries.TOOL_CALL and _retries.inside_a_counted_loop(inner)
            if does is Does.RETURNS and attempt and kept_for_later(inner.node, inner, cli=cli):
                continue  # the error of one attempt, kept until the last has failed
            yield from self._handled(inner.node, inner, does, what, here)

    def _far(self, node: cst.Try, here: Here) -> Iterator[Mark]:
        """The handler around the step of a loop, far above the model call: where the error joins the thread."""
        for inner in here.inside(cst.ExceptHandler):
            if inner.node in node.handlers and not _swallowed.no_failure(inner.node, inner):
                if fate(inner.node, inner, cli=False) is Does.APPENDS:
                    yield inner.mark(ERROR_AS_EVENT, inner.node, confidence=Confidence.MEDIUM)

    def _served(self, node: cst.Try, here: Here) -> Iterator[Mark]:
        """A tool that is served to agents, this tree's or others': its error is in what it gives back."""
        for inner in here.inside(cst.ExceptHandler):
            if inner.node in node.handlers and fate(inner.node, inner, cli=False) is Does.RETURNS:
                yield inner.mark(HANDLED_ERROR, inner.node, confidence=Confidence.MEDIUM)

    def _handled(self, node: cst.ExceptHandler, here: Here, does: Does, what: str, tried: Here) -> Iterator[Mark]:
        if does is Does.APPENDS and what == _tries.TOOL and _tries.gives_back(here):
            yield here.mark(HANDLED_ERROR, node, confidence=Confidence.MEDIUM)
        elif does is Does.APPENDS:
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
        elif does is Does.DROPS and what == _tries.PARSE and _attempts.one_of_many(here, tried):
            return
        elif does is Does.DROPS and _swallowed.swallows(here, tried):
            at, fix = told(node, what == _tries.TOOL)
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
            if origin.symbol is not None and origin.symbol.does != "retry" and here.plays(origin, "retry"):
                yield at.mark(ERROR_AS_EVENT, at.node, origin, owner=Owner.SHARED)


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


def _parent(here: Here) -> cst.CSTNode | None:
    return next(here.ancestors(), None)


def _whole_traceback(here: Here) -> bool:
    for inner in here.inside(cst.Call):
        if last_name(inner.expr(inner.node.func)) == "format_exc":
            return not isinstance(_parent(inner), cst.Subscript)
    return False
