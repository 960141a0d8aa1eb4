"""What Graph's refusals mean, as one table: status and code in, what to do out. Nothing is asked here.

Sources of the rows: "Microsoft Graph error responses and resource types" (graph/errors), "Microsoft
Graph throttling guidance" (graph/throttling), "JSON batching" (graph/json-batching), support article
4462988 for mailboxes that are not hosted, and answers of the mail API that are quoted in public
issues where no page has the code. A server's own words are never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import assert_never

from models.copies import SourceFault

DROPPED = 0
"""The status that stands for no answer at all: the connection broke, or it took too long."""


class Meaning(StrEnum):
    """What an answer calls for."""

    DONE = "done"
    NO_ITEM = "no-item"  # look for it by other means, then it is gone
    NO_MAILBOX = "no-mailbox"
    NOT_HOSTED = "not-hosted"
    GROUP = "group"  # a Microsoft 365 group: it has conversations, not messages
    DENIED = "denied"
    QUOTA = "quota"
    THROTTLED = "throttled"  # wait; it may have been applied all the same
    TRANSIENT = "transient"  # try again; it may have been applied all the same
    TOKEN = "token"  # a new token, once
    RESYNC = "resync"  # the change feed begins anew
    EXISTS = "exists"
    BUG = "bug"  # we asked for what there is not: asking again would not help


# By code, whatever the status; in lower case, since services disagree.
_BY_CODE: Mapping[str, Meaning] = {
    "erroritemnotfound": Meaning.NO_ITEM,
    "errorfoldernotfound": Meaning.NO_ITEM,
    "errorinvalididmalformed": Meaning.NO_ITEM,  # text that can be no id is nothing's id
    "errorinvalidid": Meaning.NO_ITEM,
    "mailboxnotenabledforrestapi": Meaning.NOT_HOSTED,
    "mailboxnotsupportedforrestapi": Meaning.NOT_HOSTED,
    "errorinvaliduser": Meaning.NO_MAILBOX,
    "errornonexistentmailbox": Meaning.NO_MAILBOX,
    "request_resourcenotfound": Meaning.NO_MAILBOX,
    "errorgroupisusedinnongroupuri": Meaning.GROUP,
    "errorgroupsareusedinnongroupuri": Meaning.GROUP,
    "erroraccessdenied": Meaning.DENIED,
    "authorization_requestdenied": Meaning.DENIED,
    "errorcannotdeleteobject": Meaning.DENIED,
    "errorquotaexceeded": Meaning.QUOTA,
    "errormessagesizeexceeded": Meaning.QUOTA,
    "applicationthrottled": Meaning.THROTTLED,
    "errortoomanyobjectsopened": Meaning.THROTTLED,
    "toomanyrequests": Meaning.THROTTLED,
    "mailboxconcurrency": Meaning.THROTTLED,
    "errormovecopyfailed": Meaning.TRANSIENT,
    "errorinternalservertransienterror": Meaning.TRANSIENT,
    "errorserverbusy": Meaning.THROTTLED,
    "errormailboxstoreunavailable": Meaning.TRANSIENT,
    "errorirresolvableconflict": Meaning.TRANSIENT,
    "invalidauthenticationtoken": Meaning.TOKEN,
    "syncstatenotfound": Meaning.RESYNC,
    "syncstateinvalid": Meaning.RESYNC,
    "resyncrequired": Meaning.RESYNC,
    "errorfolderexists": Meaning.EXISTS,
    "inefficientfilter": Meaning.BUG,
}

_BY_STATUS: Mapping[int, Meaning] = {
    DROPPED: Meaning.TRANSIENT,
    401: Meaning.TOKEN,
    403: Meaning.DENIED,
    404: Meaning.NO_ITEM,
    408: Meaning.TRANSIENT,
    409: Meaning.TRANSIENT,  # the item changed under the request
    410: Meaning.RESYNC,
    413: Meaning.QUOTA,
    423: Meaning.TRANSIENT,
    424: Meaning.TRANSIENT,  # a failed dependency: we make none, so the parent is the batch
    429: Meaning.THROTTLED,
    507: Meaning.QUOTA,
    509: Meaning.THROTTLED,
}

# A code that names an ending must not be believed under a status that says "later".
_STATUS_FIRST = frozenset({DROPPED, 429, 502, 503, 504})

# A proxy, or a server under another path, knows no address of ours: that makes no message gone.
_SAYS_NOTHING = frozenset({"", "unknownerror"})


def meaning_of(status: int, code: str) -> Meaning:
    """What an answer calls for, by its status and the code in its body (empty where it has none)."""
    if 200 <= status < 300:
        return Meaning.DONE
    if status not in _STATUS_FIRST and (known := _BY_CODE.get(code.lower())) is not None:
        return known
    if status == 404 and code.lower() in _SAYS_NOTHING:
        return Meaning.BUG
    if (told := _BY_STATUS.get(status)) is not None:
        return told
    return Meaning.TRANSIENT if status >= 500 else Meaning.BUG


def fault_of(meaning: Meaning) -> SourceFault | None:
    """The fault that stands for an answer which is final for one copy; None for success."""
    match meaning:
        case Meaning.DONE:
            return None
        case Meaning.NO_ITEM | Meaning.NO_MAILBOX:
            return SourceFault.GONE
        case Meaning.NOT_HOSTED | Meaning.GROUP:
            return SourceFault.NOT_HOSTED
        case Meaning.DENIED:
            return SourceFault.DENIED
        case Meaning.QUOTA:
            return SourceFault.QUOTA
        case Meaning.BUG | Meaning.EXISTS | Meaning.RESYNC:
            return SourceFault.CORRUPT
        case Meaning.THROTTLED | Meaning.TRANSIENT | Meaning.TOKEN:
            return SourceFault.UNAVAILABLE
        case never:
            assert_never(never)


def may_be_applied(meaning: Meaning) -> bool:
    """Whether a change that was answered so may have been made: look before asking again.

    A part that answered 429 can have been applied (seen in answers to public questions); one that
    answered 5xx or nothing can always have been.
    """
    return meaning in (Meaning.THROTTLED, Meaning.TRANSIENT)
