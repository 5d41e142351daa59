"""What the name of a tool says that it does: to read, to keep, or to do something to the world."""

from __future__ import annotations

import re

from factorlint.origin import Where
from factorlint.rule import View

_STAKES = (
    "pay refund charge purchase buy book reserve rebook cancel send email mail post publish tweet reply delete remove "
    "drop destroy deploy release rollback transfer withdraw deposit invoice order submit approve grant revoke issue "
    "write overwrite save create update insert edit modify move rename run execute exec kill restart shutdown install "
    "merge push commit upload schedule notify message invite assign set change display add"
).split()
_READS = (
    "get list fetch read search find look lookup query current show describe check count view load retrieve scan "
    "browse scrape summarize calculate compute validate is has status think plan analyze analyse parse extract draft"
).split()
_RUNNERS = frozenset("run arun execute exec call process".split())  # a method that carries out what its class is named
_KEEPS = frozenset("store save set update record remember memorize memorise note keep put append log mark".split())
# Verbs that stand for a high stake whatever the body does with a library; the others need an effect that is seen.
HIGH = frozenset(
    "pay refund charge purchase buy book rebook cancel send post publish tweet delete deploy transfer withdraw".split()
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def words(name: str) -> list[str]:
    """``sendEmail`` and ``send_email`` → send, email."""
    return [one.lower() for one in _WORDS.findall(name)]


def reads_by_name(name: str) -> bool:
    """Whether a name begins with a verb of reading (``list_…``, ``get_…``), or with ``current``."""
    said = words(name)
    return bool(said) and said[0] in _READS


def speaks_of_reading(name: str) -> bool:
    """Whether a name has a verb of reading anywhere: ``google_search``, ``web_search_tool``."""
    return any(one in _READS for one in words(name))


def keeps_by_name(name: str) -> bool:
    """Whether a name says that something is kept: ``store_state``, ``remember_name``."""
    said = words(name)
    return bool(said) and said[0] in _KEEPS


def acts_by_name(name: str) -> bool:
    """Whether a name says that something is done to the world."""
    said = words(name)
    return bool(said) and said[0] in _STAKES


def name_of(view: View, place: Where) -> str:
    """What the tool whose body is the function at PLACE is called: the class says it of ``SendEmail.run``."""
    own, holder = view.project.scope(place).name, view.project.class_of(place)
    said = words(own)
    if holder is None or (said and said[0] not in _RUNNERS and (said[0] in _STAKES or said[0] in _READS)):
        return own
    return holder.name
