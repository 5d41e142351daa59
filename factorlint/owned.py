"""How the owned form of each check's site looks, with blanks for the names of the code at hand.

Python that parses, ``...`` where a person decides. ``$word`` is filled by ``rewrite.py``; ``$$`` is a dollar. A key is
the code of a check, or the code and a shape of its site; checks that are not here (a plugin's, say) have their advice.
"""

from __future__ import annotations

from collections.abc import Mapping

_NEXT_STEP = '''\
$prompt_line$types
def ${agent}_next_step(events: list[dict]) -> NextStep:
    """One model call; what comes out is checked before anything is decided."""
    answer = call_model($prompt, events, schema=NextStep)
    return TypeAdapter(NextStep).validate_json(answer)
'''
_TYPED_CALL = '''\
${prompt_line}class ${Agent}Answer(BaseModel):
    ...  # a field for everything that is read of it later

def $agent(inputs: dict) -> ${Agent}Answer:
    """One model call; what comes out is checked before anything is decided."""
    answer = call_model($prompt.format(**inputs))
    return ${Agent}Answer.model_validate_json(answer)
'''
_LOOP = """\
given = {"type": "input", "data": $given}
thread = Thread(id=str(uuid4()), events=[given])
for _ in range(20):
    step = ${agent}_next_step(thread.events)  # asks the model once, typed
    thread.events.append(step.model_dump())
    save(thread)  # chosen, not yet run
    if step.intent == "done":
        $target = step.answer
        break
$branches    save(thread)
else:
    raise RuntimeError("not done after 20 steps")
"""
_SEQUENCE = """\
inputs = $given
for work in ($tasks):
    # in the order in which they are written today
    inputs[work.__name__] = work(inputs)  # asks the model once, typed
    save(inputs)
$target = inputs[work.__name__]
"""
_THREAD = '''\
@dataclass
class Thread:
    """One run: what happened and where it stands, in one object, saved as one row."""

    id: str
    status: str = "running"
    events: list[dict] = field(default_factory=list)$takes_over

def save(thread: Thread) -> None:
    row = (thread.id, json.dumps(asdict(thread)))
    db.execute("INSERT OR REPLACE INTO threads (id, body) VALUES (?, ?)", row)

def load(thread_id: str) -> Thread:
    (body,) = db.execute("SELECT body FROM threads WHERE id = ?", (thread_id,)).fetchone()
    return Thread(**json.loads(body))
'''
_ROW = '''\
def save(thread_id: str, state: $owner) -> None:
    """One row a thread, written after every step."""
    row = (thread_id, $to_json)$note
    db.execute("INSERT OR REPLACE INTO threads (id, body) VALUES (?, ?)", row)

def load(thread_id: str) -> $owner:
    (body,) = db.execute("SELECT body FROM threads WHERE id = ?", (thread_id,)).fetchone()
    return $from_json
'''
_RENDER = '''\
def render(events: list[dict]) -> list[dict]:
    """What the model is shown of the past: chosen and shortened here."""
    shown = events[-40:]
    return [{"role": "user", "content": json.dumps(one)} for one in shown]

# every call is given render(events), in place of
# $source
'''
_ASK = """\
class AskPerson(BaseModel):
    intent: Literal["ask_person"]
    question: str

# in the loop, once the model has chosen it: saved, and the run ends here;
# the answer comes in as an event
thread.events.append({"type": "question", "text": $asked})
save(thread)
"""
_STOP = """\
NEEDS_APPROVAL = {$risky}

# in the loop, between the choice of the step and its run
if step.intent in NEEDS_APPROVAL and not approved(thread, step):
    thread.status = "waiting"
    save(thread)
    return thread  # it runs once the approval has come in as an event
"""
_RAISE = """\
try:
    ...
except $error as $alias:
    # the loop catches it and puts it into the thread
    raise StepFailed("$function", str($alias)[:500]) from $alias
"""
_HANDLER = """\
try:
    ...
except $error as $alias:
    message = f"{type($alias).__name__}: {$alias}"[:500]
    $list.append({"type": "error", "in": "$function", "message": message})
"""

FORMS: Mapping[str, str] = {
    # -- the prompt becomes a typed function ------------------------------------------------------------------------
    "FL0101": """\
class ${Target}(BaseModel):
    ...  # a field for everything that the code below takes out of the text

$target = ${Target}.model_validate_json($subject)
""",
    "FL0101 key": """\
class ${Subject}(BaseModel):
    $key: Any = None  # and a field for everything else that is read of it

if ${Subject}.model_validate($subject).$key is not None:
    ...
""",
    "FL0101 comparison": """\
class Decision(BaseModel):
    verdict: Literal[$literal, "other"]

if Decision.model_validate_json($subject).verdict == $literal:
    ...
""",
    "FL0101 helper": """\
class ${Function}Result(BaseModel):
    ...  # a field for everything that callers read

def $function(text: str) -> ${Function}Result:
    return ${Function}Result.model_validate_json(text)
""",
    "FL0102": """\
# what the model wants, as data; a person or a policy says yes before it runs
thread.events.append({"intent": "$tool", "argument": $subject})
save(thread)
""",
    "FL0103": _NEXT_STEP,
    "FL0201": _TYPED_CALL,
    "FL0201 tools": _NEXT_STEP,
    "FL0202": _TYPED_CALL,
    "FL0202 tools": _NEXT_STEP,
    "FL0203": '''\
# the text that is fetched today, read by a person and kept in this tree
$NAME = """..."""
''',
    "FL0204": '''\
# the text as it stands, at the top of a module: to be imported and tested
$NAME = """..."""
''',
    "FL0204 fields": '''\
def $name($fields) -> str:
    """The whole text; a test can read it without a model."""
    return f"""..."""
''',
    "FL0205": _TYPED_CALL,
    "FL0206": '''\
# the best that the model has written, read by a person, kept in this tree
$NAME = """..."""
''',
    "FL0401": _NEXT_STEP,
    "FL0402": """\
TOOLS = {
    ...: ...,  # one row for each function of $holder that the model may choose
}
tool = TOOLS.get($subject)
if tool is None:
    $target = "there is no tool " + str($subject)  # goes back to the model
else:
    $target = tool($arguments)
""",
    "FL0403": """\
class ${Tool}Arguments(BaseModel):
    ...  # the parameters of the function, with their types

arguments = ${Tool}Arguments.model_validate_json($subject)
$target = $called(**arguments.model_dump())
""",
    "FL0403 read": """\
class ${Tool}Arguments(BaseModel):
    ...  # the parameters of the function, with their types

arguments = ${Tool}Arguments.model_validate($subject)
$target = $called(**arguments.model_dump())
""",
    # -- the conversation becomes one thread ------------------------------------------------------------------------
    "FL0301": _RENDER,
    "FL0302": _RENDER,
    "FL0303": '''\
def window(events: list, most: int = 40) -> list:
    """What one call is shown: the first event and the newest."""
    return events if len(events) <= most else [events[0], *events[1 - most :]]

# and window($list) where $list goes whole today
''',
    "FL0501": _THREAD,
    "FL0502": """\
thread = load(thread_id)  # one row of yours: its id, its status, its events
thread.events.append({"type": "input", "data": ...})
...  # the call is given render(thread.events), and no $source
save(thread)
""",
    "FL0503": _THREAD,
    "FL0503 state": _ROW,
    "FL1201": '''\
$def $function(thread: Thread, event: dict) -> Thread:
    """One step: thread in, thread out, and nothing else is changed."""
    ...  # $changed: part of the thread
    return replace(thread, events=[*thread.events, event])
''',
    "FL1202": """\
# before the step, by whoever calls it
thread.events.append({"type": "$target", "value": $call})

# in $function, from the thread that it is given
told = [one for one in thread.events if one["type"] == "$target"]
$target = told[-1]["value"]
""",
    "FL1203": """\
thread.events.append({"role": "user", "content": question})
# the thread is an argument: $agent keeps nothing from call to call
answer = ${agent}_next_step(thread.events)
""",
    # -- the loop comes out -----------------------------------------------------------------------------------------
    "FL0801": _LOOP,
    "FL0801 tasks": _SEQUENCE,
    "FL0802": _LOOP,
    "FL0802 tasks": _SEQUENCE,
    # -- a way back in ----------------------------------------------------------------------------------------------
    "FL0601": '''\
def resume(thread_id: str, event: dict) -> None:
    """Something has come in (an answer, an approval): append it, go on."""
    thread = load(thread_id)
    thread.events.append(event)
    # takes a thread now; where it has to wait, it saves and returns
    $entry(thread)
''',
    "FL0602": """\
thread.events.append({"type": "waiting", "for": ...})
save(thread)
return  # the process may end; resume(thread_id, event) goes on from here
""",
    "FL0803": _STOP,
    # -- errors come back, runs end ---------------------------------------------------------------------------------
    "FL0901": """\
for attempt in range(3):
    try:
        ...
        break
    except Exception as error:
        last = error
else:
    raise last
""",
    "FL0902": _HANDLER,
    "FL0902 helper": _RAISE,
    "FL0902 tool": """\
try:
    ...
except $error as $alias:
    # the model reads it, and tries something else
    return f"$function failed: {$alias}"[:500]
""",
    "FL0903": """\
# what the model can use; the traceback goes to the log
message = f"{type(error).__name__}: {error}"[:500]
""",
    "FL0904": _HANDLER,
    "FL1001": """\
$half_one
$half_two
# an agent for each, and one typed step before them that picks the agent
""",
    "FL1002": """\
for _ in range(20):
    ...
else:
    raise RuntimeError("not done after 20 steps")
""",
    "FL1003": '''\
# one job a prompt: what is never needed together is a step of its own
$NAME = """..."""
''',
    # -- people, triggers, what is known beforehand -----------------------------------------------------------------
    "FL0701": _ASK,
    "FL0702": _ASK,
    "FL0703": '''\
NEEDS_APPROVAL = {$risky}
# in the loop, a step of these is saved as chosen, and not run

def approve(thread_id: str, yes: bool) -> None:
    """The person has answered: one more event, and the run goes on."""
    resume(thread_id, {"type": "approval", "of": $risky, "yes": yes})
''',
    "FL1101": '''\
# in a module of its own, which knows nothing of $function
def run(thread: Thread) -> Thread:
    """What $function does today from the model call on."""
    ...

# and in $function: read the request, call run(), show what comes back
''',
    "FL1301": """\
# before the first model call; $tool leaves the list of tools
thread.events.append({"type": "$tool", "data": $tool()})
""",
    "FL1302": """\
# what the prompt orders the model to fetch, fetched before it is asked
thread.events.append({"type": "known", "data": ...})
""",
}
