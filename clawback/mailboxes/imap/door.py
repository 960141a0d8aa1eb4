"""The way in: connect, TLS, log in, and refuse servers on which a move could lose mail."""

from __future__ import annotations

import asyncio
import base64
import ssl
from functools import cached_property
from typing import NamedTuple

from clawback.mailboxes.imap.accounts import Accounts, Login
from clawback.mailboxes.imap.names import Names
from clawback.mailboxes.imap.parsing import Token, status_of, tokens_of
from clawback.mailboxes.imap.problems import MailboxFault, ServerFault
from clawback.mailboxes.imap.session import Answer, Session
from clawback.mailboxes.imap.wire import BadAnswer, ConnectionLost, Response, Wire
from clawback.source_config import ImapConfig
from models.copies import SourceFault

PORTS = {"tls": 993, "starttls": 143, "none": 143}

# X509_verify_cert_error_string(3): the numbers of OpenSSL.
_EXPIRED, _NOT_YET, _UNTRUSTED, _HOSTNAME = {10}, {9}, {2, 18, 19, 20, 21}, {62, 64}


class _Learned(NamedTuple):
    names: Names
    identity: bytes


class Door:
    """Opens sessions on one server."""

    def __init__(self, config: ImapConfig, accounts: Accounts) -> None:
        self._config = config
        self._accounts = accounts
        self._host = config.host.strip("[]")
        self._port = config.port or PORTS[config.security]
        self.address = f"{config.host}:{self._port}"
        self._learned: _Learned | None = None  # the same for all users of a server

    async def open(self, mailbox: str) -> Session:
        """A session in this mailbox. Raises `ServerFault`, and `MailboxFault` if only this one fails."""
        return await self._enter(mailbox, self._accounts.login(mailbox))

    async def open_own(self) -> Session:
        """A session of the master user, who is named alone. Raises as `open` does."""
        return await self._enter("", self._accounts.own_login())

    async def look(self) -> None:
        """Connect and leave: whether the server can be used at all. Raises `ServerFault`."""
        wire = await self._connect()
        try:
            await self._greeted(wire, "")
        finally:
            wire.close()

    async def _enter(self, mailbox: str, login: Login) -> Session:
        wire = await self._connect()
        try:
            session = await self._greeted(wire, mailbox)
            await self._log_in(session, wire, login)
            self._require(session)
            if self._learned is None:
                self._learned = await _learn(session)
            session.names, session.identity = self._learned
            session.prelude = _enabling(session)
            return session
        except BaseException:
            wire.abort()
            raise

    async def _connect(self) -> Wire:
        config = self._config
        wire = Wire(config.timeout_seconds)
        context = self._context if config.security == "tls" else None
        name = self._host if context is not None else None
        try:
            async with asyncio.timeout(config.timeout_seconds):
                await asyncio.get_running_loop().create_connection(
                    lambda: wire, self._host, self._port, ssl=context, server_hostname=name
                )
        except ssl.SSLError as error:
            raise self._tls_fault(error) from None
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or "no answer in time"
            line = (
                f"{self.address} does not answer ({reason}): is the server up, host and port right?"
            )
            raise ServerFault("unavailable", line, passes=True) from None
        except ValueError:  # from the encoding of names
            line = f"host = {self._host!r} cannot be the name of a server: set it to the right one"
            raise ServerFault("no-such-host", line) from None
        return wire

    async def _greeted(self, wire: Wire, mailbox: str) -> Session:
        """A session that may log in: greeting read, TLS on. Raises `ServerFault`."""
        try:
            greeting = status_of((await wire.response())[0])
            if greeting is None or greeting.word != b"OK":
                line = (
                    f"{self.address} does not greet as an IMAP server that is open: check the port"
                )
                raise ServerFault("no-imap", line, passes=greeting is not None)
            session = Session(wire, mailbox)
            if greeting.code == b"CAPABILITY":
                session.capabilities = frozenset(greeting.arguments.upper().split())
            else:
                await _ask_capabilities(session)
            if self._config.security == "starttls":
                await self._start_tls(session, wire)
            return session
        except (ConnectionLost, MailboxFault):
            line = f"{self.address} closed the connection or sent no greeting: does `security` fit the port?"
            raise ServerFault("no-greeting", line, passes=True) from None
        except BadAnswer:
            raise ServerFault(
                "no-imap", f"{self.address} does not speak IMAP: check the port"
            ) from None

    async def _start_tls(self, session: Session, wire: Wire) -> None:
        if not session.has("STARTTLS"):
            line = f'{self.address} offers no STARTTLS: set security = "tls" and the port for it'
            raise ServerFault("no-starttls", line)
        (answer,) = await session.run(b"STARTTLS")
        if not answer.is_ok:
            raise ServerFault("no-starttls", f"{self.address} refuses STARTTLS now", passes=True)
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                await wire.start_tls(self._context, self._host)
        except ssl.SSLError as error:
            raise self._tls_fault(error) from None
        except BadAnswer:
            line = f"{self.address} sent data before TLS began: somebody may be in between"
            raise ServerFault("injected-plaintext", line) from None
        except (OSError, TimeoutError):
            raise ConnectionLost from None
        await _ask_capabilities(session)  # what was said in the clear does not count

    async def _log_in(self, session: Session, wire: Wire, login: Login) -> None:
        mechanism, message = self._sasl(login)
        if not session.has(f"AUTH={mechanism}"):
            line = f"{self.address} offers no {mechanism} login here: check auth and security"
            raise ServerFault("no-such-login", line)
        encoded = base64.b64encode(message)
        try:
            answer = await _authenticate(session, wire, mechanism.encode(), encoded)
        except BadAnswer:
            raise MailboxFault(SourceFault.CORRUPT) from None
        except ConnectionLost:
            raise MailboxFault(SourceFault.UNAVAILABLE) from None
        if not answer.is_ok:
            may_pass = answer.status.code in (b"UNAVAILABLE", b"INUSE", b"SERVERBUG", b"LIMIT")
            raise MailboxFault(SourceFault.UNAVAILABLE if may_pass else SourceFault.DENIED)
        if answer.status.code == b"CAPABILITY":
            session.capabilities = frozenset(answer.status.arguments.upper().split())
        else:
            await _ask_capabilities(session)

    def _sasl(self, login: Login) -> tuple[str, bytes]:
        """Mechanism and initial response: RFC 4616, and Google's XOAUTH2 page."""
        try:
            user, secret = login.user.encode(), login.secret.encode()
        except UnicodeEncodeError:  # an environment variable of other bytes than UTF-8
            raise MailboxFault(SourceFault.DENIED) from None
        if any(byte in user + secret for byte in b"\0\1"):
            raise MailboxFault(SourceFault.DENIED)
        if self._config.auth == "xoauth2":
            return "XOAUTH2", b"user=%s\1auth=Bearer %s\1\1" % (user, secret)
        return "PLAIN", b"\0%s\0%s" % (user, secret)

    def _require(self, session: Session) -> None:
        if not (session.has("MOVE") or session.has("UIDPLUS")):
            line = (
                f"{self.address} has neither MOVE nor UIDPLUS: a move there would expunge what others "
                "marked, so this server cannot be used"
            )
            raise ServerFault("no-safe-move", line)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        path = self._config.ca_file
        try:
            return ssl.create_default_context(cafile=None if path is None else str(path))
        except (OSError, ssl.SSLError):
            line = f"{path} is no file of certificates (PEM): set ca_file to the right one"
            raise ServerFault("no-ca-file", line) from None

    def _tls_fault(self, error: ssl.SSLError) -> ServerFault:
        number = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else 0
        if number in _EXPIRED | _NOT_YET:
            said = "has a certificate that is out of date: renew it, and check the clocks"
        elif number in _UNTRUSTED:
            said = "has a certificate of an authority that is not trusted: set ca_file to its certificate"
        elif number in _HOSTNAME:
            said = "has a certificate for another name: set host to the name in it"
        elif isinstance(error, ssl.SSLCertVerificationError):
            said = "has a certificate that is not valid: renew it"
        else:
            said = 'speaks no TLS there: set security = "starttls", or the port for TLS'
        return ServerFault("tls", f"{self.address} {said}")


async def _authenticate(session: Session, wire: Wire, mechanism: bytes, encoded: bytes) -> Answer:
    """The answer to AUTHENTICATE, by SASL-IR or by continuation; an error challenge is ended."""
    command = b"L AUTHENTICATE " + mechanism
    waiting = b"" if session.has("SASL-IR") else encoded
    wire.send(command + (b"" if waiting else b" " + encoded) + b"\r\n")
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


async def _ask_capabilities(session: Session) -> None:
    (answer,) = await session.run(b"CAPABILITY")
    for response in answer.responses:
        words = response[0].upper().split()
        if words[1:2] == [b"CAPABILITY"]:
            session.capabilities = frozenset(words[2:])


async def _learn(session: Session) -> _Learned:
    """What the server calls its folders, and whether it names messages for ever."""
    commands = [b"NAMESPACE" if session.has("NAMESPACE") else b'LIST "" ""']
    asks_name = session.has("ID") and not session.has("OBJECTID")
    if asks_name:
        commands.append(b"ID NIL")
    answers = await session.run(*commands)
    try:
        identity = b"EMAILID" if session.has("OBJECTID") else b""
        if asks_name and _is_dovecot(answers[1]):
            identity = b"X-GUID"  # not announced; doc.dovecot.org, "X-GUID"
        return _Learned(_names(answers[0]), identity)
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None


def _enabling(session: Session) -> tuple[bytes, ...]:
    """The command for the change feed, which a server takes before a folder is selected only."""
    if not session.has("ENABLE"):
        return ()
    wanted = (name for name in ("QRESYNC", "CONDSTORE") if session.has(name))
    return tuple(b"ENABLE " + name.encode() for name in wanted)[:1]


def _is_dovecot(answer: Answer) -> bool:
    for response in answer.responses:
        tokens = tokens_of(response) if response[0][:5].upper() == b"* ID " else []
        pairs = tokens[2] if len(tokens) > 2 else None
        if isinstance(pairs, list):
            names = {
                key: value
                for key, value in zip(pairs[::2], pairs[1::2], strict=False)
                if isinstance(key, bytes)
            }
            name = names.get(b"name")
            return isinstance(name, bytes) and name.lower() == b"dovecot"
    return False


def _names(answer: Answer) -> Names:
    for response in answer.responses:
        head = response[0].upper()
        if head.startswith(b"* NAMESPACE "):
            spaces = [_spaces(token) for token in tokens_of(response)[2:5]]
            if len(spaces) != 3:
                raise BadAnswer
            personal, *others = spaces
            prefix, separator = personal[0] if personal else (b"", b"/")
            foreign = tuple(space[0] for spaces in others for space in spaces if space[0])
            return Names(prefix, separator, foreign)
        if head.startswith(b"* LIST "):
            tokens = tokens_of(response)
            level = tokens[3] if len(tokens) > 3 else None
            return Names(b"", level if isinstance(level, bytes) else b"", ())
    return Names()


def _spaces(token: Token) -> list[tuple[bytes, bytes]]:
    """The namespaces of one kind: prefix and separator, which is empty where there are no levels."""
    found: list[tuple[bytes, bytes]] = []
    for space in token if isinstance(token, list) else []:
        if isinstance(space, list) and len(space) >= 2 and isinstance(space[0], bytes):
            separator = space[1] if isinstance(space[1], bytes) else b""
            found.append((space[0], separator))
    return found


async def other_users_prefix(session: Session) -> tuple[bytes, bytes] | None:
    """Prefix and separator of other users' mailboxes, or None where the server names none."""
    if not session.has("NAMESPACE"):
        return None
    (answer,) = await session.run(b"NAMESPACE")
    for response in answer.responses:
        if response[0].upper().startswith(b"* NAMESPACE "):
            spaces = [space for token in tokens_of(response)[3:4] for space in _spaces(token)]
            return spaces[0] if spaces else None
    return None
