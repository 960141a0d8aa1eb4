"""Logging in: SASL PLAIN and XOAUTH2, alone or with further commands in the same write."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from clawback.mailboxes.imap.accounts import Login
from clawback.mailboxes.imap.learned import ask_capabilities
from clawback.mailboxes.imap.parsing import status_of
from clawback.mailboxes.imap.problems import MailboxFault, PutOff
from clawback.mailboxes.imap.session import Answer, Session
from clawback.mailboxes.imap.wire import BadAnswer, ConnectionLost, Response, Wire
from models.copies import SourceFault

ALONG_SECONDS = 5.0
"""How long a server that logged us in may take over one more command that came along with the login."""

_MAY_PASS = {b"UNAVAILABLE", b"INUSE", b"SERVERBUG", b"LIMIT"}  # codes of a refusal; RFC 5530


class Sasl(NamedTuple):
    """A mechanism and its initial response in base64."""

    mechanism: str
    encoded: bytes

    @property
    def command(self) -> bytes:
        """The whole login in one command, for servers with SASL-IR (RFC 4959)."""
        return b"AUTHENTICATE " + self.mechanism.encode() + b" " + self.encoded

    def fits_in_one(self, session: Session) -> bool:
        """Whether it is one command that nothing but its end is answered to."""
        return self.mechanism == "PLAIN" and session.has("SASL-IR")


def sasl_of(auth: str, login: Login) -> Sasl:
    """Mechanism and initial response: RFC 4616, and Google's XOAUTH2 page. Raises `MailboxFault`."""
    try:
        user, secret = login.user.encode(), login.secret.encode()
    except UnicodeEncodeError:  # an environment variable of other bytes than UTF-8
        raise MailboxFault(SourceFault.DENIED) from None
    if any(byte in user + secret for byte in b"\0\1"):
        raise MailboxFault(SourceFault.DENIED)
    if auth == "xoauth2":
        message = b"user=%s\1auth=Bearer %s\1\1" % (user, secret)
        return Sasl("XOAUTH2", base64.b64encode(message))
    return Sasl("PLAIN", base64.b64encode(b"\0%s\0%s" % (user, secret)))


def admit(session: Session, answer: Answer) -> bool:
    """Whether the answer to a login tells the capabilities, which the session then has.

    Raises `MailboxFault` for a refusal.
    """
    if not answer.is_ok:
        if answer.status.code in _MAY_PASS:
            raise PutOff
        raise MailboxFault(SourceFault.DENIED)
    tells = answer.status.code == b"CAPABILITY"
    if tells:
        session.capabilities = frozenset(answer.status.arguments.upper().split())
    return tells


async def log_in(session: Session, wire: Wire, sasl: Sasl) -> None:
    """Log in and wait for it. Raises `MailboxFault`."""
    try:
        answer = await _authenticate(session, wire, sasl)
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None
    except ConnectionLost:
        raise MailboxFault(SourceFault.UNAVAILABLE) from None
    if not admit(session, answer):
        await ask_capabilities(session)


async def takes_more(session: Session, sasl: Sasl) -> bool:
    """Log in with one more command in the same write; whether the server did that one as well, and
    tells its capabilities at the login.

    A proxy may throw away what comes along: the session is not open any more then. Raises
    `MailboxFault` where the login itself fails.
    """
    tells: list[bool] = []
    async with _patience() as patience:

        def admitted(answer: Answer) -> None:
            tells.append(admit(session, answer))
            patience.reschedule(asyncio.get_running_loop().time() + ALONG_SECONDS)

        session.log_in_with(sasl.command, admitted)
        try:
            await ask_capabilities(session)
        except MailboxFault:
            if not tells:
                raise
    return session.is_open and tells == [True]


@contextlib.asynccontextmanager
async def _patience() -> AsyncIterator[asyncio.Timeout]:
    """A block that ends where the time that is set in it is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None) as patience:
            yield patience


async def _authenticate(session: Session, wire: Wire, sasl: Sasl) -> Answer:
    """The answer to AUTHENTICATE, by SASL-IR or by continuation; an error challenge is ended."""
    has_initial = session.has("SASL-IR")
    waiting = b"" if has_initial else sasl.encoded
    alone = b"AUTHENTICATE " + sasl.mechanism.encode()
    wire.send(b"L " + (sasl.command if has_initial else alone) + b"\r\n")
    responses: list[Response] = []
    while True:
        response = await wire.response()
        line = response[0]
        if line.startswith(b"+"):
            # XOAUTH2 says what is wrong in a challenge, and waits for an empty answer.
            wire.send(waiting + b"\r\n")
            waiting = b""
        elif line.startswith(b"L "):
            status = status_of(line)
            if status is None:
                raise BadAnswer
            return Answer(status, responses)
        elif line[:6].upper() == b"* BYE ":
            raise ConnectionLost
        elif not line.startswith(b"* ") or len(responses) > 100:
            raise BadAnswer
        else:
            responses.append(response)
