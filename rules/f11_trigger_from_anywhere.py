"""FL11 trigger-from-anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.model import Check, Owner, Severity
from factorlint.rule import Here, Mark, Rule

TRIGGER_LOCKED_AGENT = Check(
    "FL1101",
    "trigger-locked-agent",
    Owner.NOBODY,
    Severity.INFO,
    "{what}: only {detail} can start it",
    "Move the agent into a function that takes a thread and gives it back, and call it from here.",
    absence=True,
)
CALLABLE_AGENT = Check(
    None,
    "callable-agent",
    Owner.CODE,
    None,
    "{detail} starts an agent that anything else can start too",
)

_KINDS = {
    "http": "this HTTP route",
    "webhook": "this webhook",
    "chat": "this chat handler",
    "task": "this task",
    "function": "this serverless function",
    "mcp": "this MCP server",
    "cli": "this command",
    "ui": "this UI",
}


class TriggerFromAnywhere(Rule):
    """Can a webhook, a cron job or a chat message start the agent, or only the one place that it was written in?

    ## What it looks at

    What starts the program from outside: HTTP routes, webhooks, chat handlers, tasks of a queue or a clock, serverless
    functions, commands, MCP servers, UI scripts and plain scripts; and in each of them the calls that come to a model.
    An agent that the surface makes, asks or loops over itself is locked in it. An agent that it calls can be called by
    others as well.

    ## Why it matters

    People want the agent where they are: in Slack, by mail, on a schedule, behind an API. If the loop stands in the
    body of one route, each new trigger means a copy of it.

    ## What breaks at 80 %

    The pilot was a chat page. Now it has to answer mails, run at night, and be called by another team, and the
    agent is the body of one handler. Three copies later they answer the same question in three ways.

    ## Framework-owned

    ```python
    from fastapi import FastAPI
    from openai import OpenAI

    app = FastAPI()
    client = OpenAI()


    @app.post("/chat")
    def chat(question: str) -> str:
        messages = [{"role": "user", "content": question}]
        answer = client.chat.completions.create(model="gpt-5-mini", messages=messages)
        return answer.choices[0].message.content
    ```

    ## Owned

    ```python
    from fastapi import FastAPI
    from openai import OpenAI

    app = FastAPI()
    client = OpenAI()


    def reply(thread: list) -> list:
        answer = client.chat.completions.create(model="gpt-5-mini", messages=thread)
        return [*thread, {"role": "assistant", "content": answer.choices[0].message.content}]


    @app.post("/chat")
    def chat(question: str) -> list:
        return reply([{"role": "user", "content": question}])
    ```

    ## What it cannot see

    Surfaces that a configuration file wires up, such as the routes of a gateway or the entry points of a package, and
    agents that are started by a name in a text.
    """

    factor = 11
    name = "trigger-from-anywhere"
    checks = (TRIGGER_LOCKED_AGENT, CALLABLE_AGENT)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for started in here.view.surfaces.by_statement.get((here.where.path, here.where.order), ()):
            start, kind = started.start, _KINDS.get(started.surface.kind, "this surface")
            if here.call(node) != start.called.call:
                continue
            if started.kept:
                yield here.mark(TRIGGER_LOCKED_AGENT, node, start.callee, what=started.kept, detail=kind)
            else:
                yield here.mark(CALLABLE_AGENT, node, start.callee, detail=kind[0].upper() + kind[1:])
