"""The way in: connect, TLS, log in, and refuse servers on which a move could lose mail."""

from __future__ import annotations

import asyncio
import ssl
from functools import cached_property, partial

from clawback.mailboxes.imap.accounts import Accounts, Login
from clawback.mailboxes.imap.authentication import admit, log_in, sasl_of, takes_more
from clawback.mailboxes.imap.learned import Learned, ask_capabilities, learn
from clawback.mailboxes.imap.parsing import status_of
from clawback.mailboxes.imap.problems import MailboxFault, PutOff, ServerFault
from clawback.mailboxes.imap.session import Answer, Session
from clawback.mailboxes.imap.wire import BadAnswer, ConnectionLost, Wire
from clawback.mailboxes.throttled import OnThrottled, unheard
from clawback.source_config import ImapConfig

PORTS = {"tls": 993, "starttls": 143, "none": 143}

# X509_verify_cert_error_string(3): the numbers of OpenSSL.
_EXPIRED, _NOT_YET, _UNTRUSTED, _HOSTNAME = {10}, {9}, {2, 18, 19, 20, 21}, {62, 64}


class Door:
    """Opens sessions on one server."""

    def __init__(
        self, config: ImapConfig, accounts: Accounts, on_throttled: OnThrottled = unheard
    ) -> None:
        self._config = config
        self._on_throttled = on_throttled
        self._accounts = accounts
        self._host = config.host.strip("[]")
        self._port = config.port or PORTS[config.security]
        self.address = f"{config.host}:{self._port}"
        self._learned: Learned | None = None  # the same for all users of a server
        self._takes_more = False  # whether it was seen to do commands that came along with a login
        self._drops_more = False

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
        session = await self._logged_in(mailbox, login)
        if not session.is_open:  # the server was tried, and does not take more than the login
            session = await self._logged_in(mailbox, login)
        return session

    async def _logged_in(self, mailbox: str, login: Login) -> Session:
        wire = await self._connect()
        try:
            session = await self._greeted(wire, mailbox)
            await self._log_in(session, wire, login)
        except PutOff:
            self._put_off()
            wire.abort()
            raise
        except BaseException:
            wire.abort()
            raise
        return session

    async def _log_in(self, session: Session, wire: Wire, login: Login) -> None:
        """Log in, or have the login written along with the session's first commands."""
        sasl = sasl_of(self._config.auth, login)
        if not session.has(f"AUTH={sasl.mechanism}"):
            line = f"{self.address} offers no {sasl.mechanism} login here: check auth and security"
            raise ServerFault("no-such-login", line)
        learned = self._learned
        if self._drops_more or not sasl.fits_in_one(session):
            await log_in(session, wire, sasl)
        elif learned is not None and self._takes_more:
            session.capabilities = learned.capabilities
            session.log_in_with(sasl.command, partial(self._admit, session))
        else:
            self._takes_more = await takes_more(session, sasl)
            self._drops_more |= not self._takes_more
            if not session.is_open:
                return
        self._require(session)
        if learned is None:
            learned = self._learned = await learn(session)
        session.names, session.identity = learned.names, learned.identity
        session.prelude += _enabling(session)

    def _admit(self, session: Session, answer: Answer) -> None:
        try:
            admit(session, answer)
        except PutOff:
            self._put_off()
            raise
        self._require(session)

    def _put_off(self) -> None:
        """A server tells no time to wait for."""
        self._on_throttled(self._config.name, 0.0, self._config.connections)

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
                await ask_capabilities(session)
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
        await ask_capabilities(session)  # what was said in the clear does not count

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


def _enabling(session: Session) -> tuple[bytes, ...]:
    """The command for the change feed, which a server takes before a folder is selected only."""
    if not session.has("ENABLE"):
        return ()
    wanted = (name for name in ("QRESYNC", "CONDSTORE") if session.has(name))
    return tuple(b"ENABLE " + name.encode() for name in wanted)[:1]
