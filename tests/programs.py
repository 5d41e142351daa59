"""Agent code for the laws: that of the fixtures, and pieces of it put together in any order."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import strategies as st

FIXTURES = Path(__file__).parent.parent / "fixtures"
HEAD = """import json
import os
import time

from crewai import Agent, Crew, Task
from langchain.agents import AgentExecutor
from openai import OpenAI
from tenacity import retry, stop_after_attempt

client = OpenAI()
"""
PIECES = (
    """
def answer{n}(question):
    messages = [{{"role": "user", "content": f"Answer this: {{question}}"}}]
    reply = client.chat.completions.create(model="gpt-4o", messages=messages)
    return reply.choices[0].message.content
""",
    """
def loop{n}(question, limit=10):
    thread = [{{"role": "user", "content": question}}]
    for step in range(limit):
        reply = client.chat.completions.create(model="gpt-4o", messages=thread, tools=[])
        said = reply.choices[0].message
        if not said.tool_calls:
            return said.content
        thread.append({{"role": "tool", "content": "done"}})
    return None
""",
    """
def endless{n}(question):
    while True:
        reply = client.chat.completions.create(model="gpt-4o", messages=[{{"role": "user", "content": question}}])
        question = reply.choices[0].message.content
        if "done" in question:
            return question
""",
    """
def crew{n}(topic):
    writer = Agent(role="Writer", goal="Write", backstory="You write.")
    task = Task(description=f"Write about {{topic}}", expected_output="a text", agent=writer)
    crew = Crew(agents=[writer], tasks=[task])
    return crew.kickoff()
""",
    """
class Desk{n}:
    def __init__(self, executor: AgentExecutor) -> None:
        self.executor = executor
        self.history = []

    def ask(self, question):
        self.history.append(question)
        result = self.executor.invoke({{"input": question}})
        return result["output"]
""",
    """
@retry
def tried{n}(question):
    return client.chat.completions.create(model="gpt-4o", messages=[{{"role": "user", "content": question}}])
""",
    """
@retry(stop=stop_after_attempt(3))
def bounded{n}(question):
    return client.responses.create(model="gpt-4o", input=question).output_text
""",
    """
def swallowed{n}(question):
    try:
        return client.responses.create(model="gpt-4o", input=question).output_text
    except Exception:
        return ""
""",
    """
def decided{n}(question):
    reply = client.responses.create(model="gpt-4o", input="Say yes or no: " + question)
    choice = json.loads(reply.output_text)
    if choice["next"] == "delete":
        os.remove(choice["path"])
    return choice
""",
    """
def plain{n}(a, b):
    total = a + b
    time.sleep(total)
    return total
""",
)


def composed(numbers: list[int]) -> str:
    """The pieces of these NUMBERS as one module."""
    return HEAD + "\n".join(PIECES[number].format(n=at) for at, number in enumerate(numbers))


def _plain(path: Path) -> bool:
    try:
        ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return False
    return "factorlint:" not in path.read_text(encoding="utf-8")


FILES = [path for path in sorted(FIXTURES.glob("f[0-9][0-9]_*/*.py")) if _plain(path)]
APPS = sorted(path for path in (FIXTURES / "apps").iterdir() if path.is_dir())
generated = st.lists(st.integers(0, len(PIECES) - 1), min_size=1, max_size=5).map(composed)
programs = st.one_of(generated, st.sampled_from(FILES).map(lambda path: path.read_text(encoding="utf-8")))
