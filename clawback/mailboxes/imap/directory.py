"""The mailboxes that a server names: those in its namespace of other users (RFC 2342)."""

from __future__ import annotations

from clawback.mailboxes.imap.door import Door
from clawback.mailboxes.imap.learned import other_users_prefix
from clawback.mailboxes.imap.names import quoted
from clawback.mailboxes.imap.parsing import tokens_of
from clawback.mailboxes.imap.problems import ServerFault
from clawback.mailboxes.imap.wire import BadAnswer
from clawback.mailboxes.maildir_names import decode_mutf7
from clawback.source_config import ImapConfig

_SAY = "list the mailboxes in users or users_file"


async def named_by_server(door: Door, config: ImapConfig) -> tuple[str, ...]:
    """The addresses, lower case. Raises `ServerFault` where the server names none, `MailboxFault`."""
    if not config.master_user:
        raise ServerFault("no-users", f"the source {config.name} has no users: {_SAY}")
    session = await door.open_own()
    try:
        space = await other_users_prefix(session)
        if space is None:
            line = f"{door.address} shows {config.master_user} no mailboxes of other users: {_SAY}"
            raise ServerFault("no-users", line)
        prefix, separator = space
        (answer,) = await session.run(b'LIST "" ' + quoted(prefix + b"%"))
        names = [
            tokens_of(one)[4:5] for one in answer.responses if one[0][:7].upper() == b"* LIST "
        ]
        users = {
            _user(name[0], prefix, separator)
            for name in names
            if name and isinstance(name[0], bytes)
        }
    except (BadAnswer, ValueError):
        raise ServerFault(
            "no-users", f"{door.address} lists users that have no names: {_SAY}"
        ) from None
    finally:
        session.close()
    users.discard("")
    if not users:
        line = f"{door.address} shows {config.master_user} no mailboxes of other users: {_SAY}"
        raise ServerFault("no-users", line)
    return tuple(sorted(users))


def _user(name: bytes, prefix: bytes, separator: bytes) -> str:
    if not name.startswith(prefix):
        return ""
    rest = name[len(prefix) :]
    user = rest.partition(separator)[0] if separator else rest
    return decode_mutf7(user.decode("ascii")).lower()
