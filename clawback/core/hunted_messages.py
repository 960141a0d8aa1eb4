"""The messages that the rows of a hunting query stand for, so that action can be taken on them."""

from __future__ import annotations

from clawback.errors import BadInput
from models.hunting import HuntResult
from models.selecting import MessageKey

MESSAGE_COLUMN = "NetworkMessageId"
RECIPIENT_COLUMN = "RecipientEmailAddress"


def messages_of(result: HuntResult) -> tuple[MessageKey, ...]:
    """Each message once, in the order of the rows; rows that name none are passed over.

    Raises `BadInput` where a column that names messages is missing, or the answer was cut off: who
    takes action means all that was asked for.
    """
    names = [column.name for column in result.columns]
    missing = [name for name in (MESSAGE_COLUMN, RECIPIENT_COLUMN) if name not in names]
    if missing:
        raise BadInput(
            f"the result has no column {' and no column '.join(missing)}: action is taken on "
            f"messages, which these two name together (| project {MESSAGE_COLUMN}, "
            f"{RECIPIENT_COLUMN})"
        )
    if result.truncated:
        raise BadInput("the result was cut off at its limit: narrow the query before taking action")
    mail, recipient = names.index(MESSAGE_COLUMN), names.index(RECIPIENT_COLUMN)
    keys = ((str(row[mail] or ""), str(row[recipient] or "")) for row in result.rows)
    return tuple(dict.fromkeys(MessageKey(*key) for key in keys if all(key)))
