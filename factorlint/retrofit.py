"""The manifesto's order of a retrofit, and what has to hold of each factor once its step is taken: data only."""

from __future__ import annotations

from typing import NamedTuple

from factorlint.model.plan import Promise


class Stage(NamedTuple):
    """One step of the way, whatever the tree: the factors it is about, and its checks in the order to begin with."""

    name: str
    title: str
    factors: tuple[int, ...]
    lead: tuple[str, ...]
    why: str
    purpose: str


STAGES = (
    Stage(
        "typed-next-step",
        "The big prompt becomes a typed next-step function",
        (1, 2, 4),
        tuple("FL0401 FL0201 FL0202 FL0103 FL0402 FL0102 FL0403 FL0101 FL0206 FL0203 FL0205 FL0204".split()),
        "One function that takes the thread and gives the next step as a value of a type: it can be called in a test "
        "today, whatever runs the loop around it, and every later step calls it.",
        "The one place where a model is asked what to do next: with a prompt of this repository, and with an answer "
        "that is checked before anything is decided on it.",
    ),
    Stage(
        "one-thread",
        "The conversation becomes one events thread, saved as one row",
        (3, 5, 12),
        tuple("FL0502 FL0503 FL0501 FL0301 FL0302 FL1203 FL1201 FL0303 FL1202".split()),
        "What happened and where the run stands are one list of events. It is saved whole after each step, and what "
        "the model sees is rendered from it, so that a run can be looked at, repeated and forked.",
        "One serialisable object that holds all that a run of the agent has done and where it stands, saved as one "
        "row and rendered into what the model sees.",
    ),
    Stage(
        "own-loop",
        "The loop comes out of the framework",
        (8,),
        ("FL0801", "FL0802", "FL1002"),
        "With the typed step and the thread at hand the loop is a few lines: ask for the step, run it, append what "
        "came of it, save, and decide whether to go on. The framework's model client may stay.",
        "The loop that asks for the next step, runs it and decides whether to go on, stop, ask or save, written in "
        "this repository.",
    ),
    Stage(
        "resume-path",
        "A resume path between selection and execution",
        (6,),
        ("FL0601", "FL0602", "FL0803"),
        "Between the step that was chosen and its run the thread can be saved and the process can end. A second "
        "entry loads it by its id, appends what came in, and goes on: approvals and long jobs need nothing else.",
        "The ways into a run of the agent: one that starts it, one that continues it from its id and a new event, "
        "and a stop between the choice of a tool and its run.",
    ),
    Stage(
        "bounded-errors",
        "Errors come back as events, and every run ends",
        (9, 10),
        tuple("FL0901 FL0902 FL0904 FL0903 FL1002 FL1001 FL1003".split()),
        "When errors spin out: first the model sees a short error and may try another way, then the loop (above) "
        "counts and stops, then the agent is cut so small that it seldom gets there.",
        "What happens when a call, a parse or a tool fails, and what ends a run that does not come to an end by "
        "itself.",
    ),
    Stage(
        "people-and-triggers",
        "People are asked by tool call, and anything can start the agent",
        (7, 11, 13),
        tuple("FL0703 FL0701 FL0702 FL1101 FL1301 FL1302".split()),
        "With a thread that can wait, a question to a person is one more step, an approval one more event, and every "
        "surface starts the same function.",
        "How people and other programs come into a run: questions and approvals as steps of the thread, one function "
        "for all surfaces, and what is known beforehand given to the model beforehand.",
    ),
)
BOUND = "FL1002"  # F10, but for an agent of a framework the bound is an argument of the loop that comes out
LOOPS = ("FL0801", "FL0802")
ELSEWHERE = {"FL0803": "resume-path"}  # F8 is the matter of two stages

PROMISES = (
    Promise(
        1,
        "A model's answer is checked before it decides",
        "The system MUST check a model's answer against a declared type before anything is decided on it or done "
        "with it.",
        "a model answers in a form that the declared type does not allow",
        "the answer is reported as an error at the place of the call, and nothing is decided on it",
    ),
    Promise(
        2,
        "Every prompt is written in this repository",
        "The system MUST send instructions to a model that are written whole in this repository, and no others.",
        "a step is sent to a model",
        "every sentence of its instructions is found in a file of this repository",
    ),
    Promise(
        4,
        "A chosen tool is data until own code runs it",
        "The system MUST take the tool that a model chose, and its arguments, as data that own code checks before it "
        "runs anything.",
        "a model names a tool that is not declared, or gives arguments that do not fit its declaration",
        "nothing is run, and the refusal is recorded in the thread",
    ),
    Promise(
        3,
        "What a model sees is rendered from the thread",
        "The system MUST build what one model call sees from the thread, in own code, and within a bound.",
        "a thread is longer than one call may be",
        "own code decides what of it is left out or shortened, and the call stays within the bound",
    ),
    Promise(
        5,
        "One thread holds a run",
        "The system MUST keep messages, results and status of a run in one serialisable thread, and save it whole "
        "after every step.",
        "the process is killed after a step and started again",
        "the thread is loaded with every event and its status as they were after that step",
    ),
    Promise(
        12,
        "A step changes nothing but its thread",
        "The system MUST compute a step from the thread and the event that it is given, and return the new thread.",
        "a step is run twice with the same thread, the same event and the same answer of the model",
        "it returns the same thread both times, and nothing else has changed",
    ),
    Promise(
        8,
        "Own code takes the next step",
        "The system MUST decide after each step, in own code, whether to go on, to stop, to ask or to save.",
        "a model has returned the next step",
        "own code selects what runs, and can end the run there without a call into a framework",
    ),
    Promise(
        6,
        "A saved run can be continued",
        "The system MUST continue a saved run from its id and a new event, in a process other than the one that "
        "began it.",
        "an answer or a result comes in for a thread that was saved",
        "the thread is loaded, the event is appended, and the run goes on from there",
    ),
    Promise(
        9,
        "Errors are events",
        "The system MUST put the error of a failed call, shortened, into the thread or into the result, and bound "
        "how often the call is tried again.",
        "a tool fails three times in a row",
        "each error is in the thread, and the run stops or hands over instead of trying for ever",
    ),
    Promise(
        10,
        "Every run ends",
        "The system MUST end a run after a bounded number of steps, and offer a model a bounded number of tools.",
        "a model never says that it is done",
        "the run ends at its bound and says so",
    ),
    Promise(
        7,
        "People are asked by a step of the run",
        "The system MUST record a question to a person, or a request for approval, as a step of the thread, and take "
        "the answer as an event.",
        "a model chooses a tool that needs approval",
        "the run is saved and handed out, and the tool does not run before a person has said yes",
    ),
    Promise(
        11,
        "Anything can start the agent",
        "The system MUST offer the agent as a function that every surface imports and starts.",
        "a second surface is added",
        "it starts the same agent without a change to the first surface",
    ),
    Promise(
        13,
        "What is known is given",
        "The system MUST put what it knows will be needed into the first prompt, without a model asking for it.",
        "a run begins",
        "data that every run fetches stands in the first prompt",
    ),
)
STOP = Promise(
    8,
    "A run can stop before a chosen tool",
    "The system MUST be able to stop a run after a tool was chosen and before it runs.",
    "a model has chosen a tool that must wait",
    "the thread is saved with the choice, and the tool has not run",
)
