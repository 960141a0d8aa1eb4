"""Facts as bytes, for the way from a process that reads to the one that writes.

Pickles name every class and enumeration again in each message: three times the work of this.
"""

from __future__ import annotations

import marshal
from datetime import datetime
from operator import attrgetter

from models.mails import (
    AttachmentFact,
    Direction,
    LinkPlace,
    LinkRole,
    MailFacts,
    Problem,
    UrlFact,
)

_NAMES = MailFacts.__slots__
_FIELDS = attrgetter(*_NAMES)
_SENT_AT, _DIRECTION = _NAMES.index("sent_at"), _NAMES.index("direction")
_ATTACHMENTS, _PROBLEMS = _NAMES.index("attachments"), _NAMES.index("problems")
_LINKS = (_NAMES.index("urls"), _NAMES.index("header_urls"))
_PLACES = {place.value: place for place in LinkPlace}
_ROLES = {role.value: role for role in LinkRole}


def packed(facts: MailFacts) -> bytes:
    """The facts as bytes that `unpacked` reads, in the same version of Python."""
    fields = list(_FIELDS(facts))
    fields[_SENT_AT] = facts.sent_at and facts.sent_at.isoformat()
    fields[_DIRECTION] = facts.direction.value
    fields[_ATTACHMENTS] = [tuple(fact) for fact in facts.attachments]
    fields[_PROBLEMS] = [tuple(problem) for problem in facts.problems]
    for place in _LINKS:
        fields[place] = [
            (*fact[:3], fact.location.value, fact.role.value, *fact[5:]) for fact in fields[place]
        ]
    return marshal.dumps(fields)


def unpacked(data: bytes) -> MailFacts:
    """The facts that were packed."""
    fields = marshal.loads(data)
    if fields[_SENT_AT] is not None:
        fields[_SENT_AT] = datetime.fromisoformat(fields[_SENT_AT])
    fields[_DIRECTION] = Direction(fields[_DIRECTION])
    fields[_ATTACHMENTS] = tuple([AttachmentFact(*fact) for fact in fields[_ATTACHMENTS]])
    fields[_PROBLEMS] = tuple([Problem(*problem) for problem in fields[_PROBLEMS]])
    for place in _LINKS:
        fields[place] = tuple(
            [
                UrlFact(url, host, raw, _PLACES[location], _ROLES[role], opened_from, where)
                for url, host, raw, location, role, opened_from, where in fields[place]
            ]
        )
    return MailFacts(*fields)
