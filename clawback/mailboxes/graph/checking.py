"""Whether the tenant lets us work, told in one line for each trouble; nothing is changed by asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import quote

from clawback.errors import SourceError
from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.asking import Answer, Ask, message_path
from clawback.mailboxes.graph.directory import Directory
from clawback.mailboxes.graph.dispatch import Dispatcher
from clawback.mailboxes.graph.errors import Meaning
from clawback.mailboxes.graph.naming import INBOX
from clawback.source_config import GraphConfig

_NAMED = 5  # mailboxes named in a line; of more it says how many
_PROBED = 20  # of those that the directory names: a tenant may have a hundred thousand

_SIGN_IN: Mapping[str, str] = {
    "no-secret": "the environment variable {secret_env} is not set: put the client secret there",
    "no-token": "the environment variable {token_env} is not set: put a token there",
    "unusable-token": "what {token_env} holds is no token: copy it again",
    "token-refused": "the tenant refuses the token that the sign-in gave: check tenant_id, cloud, "
    "base_url and authority",
    "no-password": "{certificate_password_env} is not set: put the certificate's password there",
    "certificate-unreadable": "{certificate_file} cannot be read: check path and permissions",
    "expired-certificate": "the certificate in {certificate_file} has expired: make a new one and "
    "upload it to the app registration",
    "wrong-certificate": "the certificate is refused: upload the one in {certificate_file} to the "
    "app registration, or renew it if it has expired",
    "wrong-secret": "the client secret is wrong: give the secret's value, not its id",
    "expired-secret": "the client secret has expired: make a new one in the app registration",
    "unknown-application": "the tenant has no application {client_id}: check client_id and "
    "tenant_id, and grant admin consent",
    "no-service-principal": "the application {client_id} is not enabled in this tenant: grant "
    "admin consent",
    "application-disabled": "the application {client_id} is disabled in the tenant",
    "unknown-tenant": "there is no tenant {tenant_id}: check tenant_id and cloud",
    "blocked-by-conditional-access": "a Conditional Access policy blocks the application",
    "no-federated-identity": "the workload's identity is not among the application's federated "
    "credentials: add its issuer and subject",
    "no-identity": "no managed or workload identity answers on this machine",
    "unusable-credential": "the credential can't be used: check tenant_id, authority and, for a "
    "certificate, that the file holds its private key",
    "sign-in-refused": "the sign-in refuses the application: check tenant_id, client_id and the "
    "credential",
    "sign-in-unreachable": "the sign-in service does not answer: check authority and the network",
    "sign-in-failed": "the sign-in failed: try again, then check authority and the credential",
    "users-file-unreadable": "{users_file} cannot be read: check path and permissions",
}
_STATIC_TOKEN_REFUSED = (
    "the token in the environment variable {token_env} is refused: put a new one there, made for "
    "this tenant and service"
)

_MAILBOX: Mapping[Meaning, str] = {
    Meaning.DENIED: "access is denied: grant the application Mail.ReadWrite with admin consent, or "
    "put the mailbox into its scope of RBAC for Applications",
    Meaning.NOT_HOSTED: "not in Exchange Online (on-premises, inactive or without a licence): "
    "nothing there can be reached",
    Meaning.GROUP: "a Microsoft 365 group, whose conversations cannot be moved: take it out of users",
    Meaning.NO_MAILBOX: "no such user in the tenant: check the address in users",
    Meaning.THROTTLED: "is busy and does not answer now: try again later",
    Meaning.TRANSIENT: "does not answer now: check base_url and the network, or try again later",
}
_MAY_BE_GROUP = (Meaning.NO_MAILBOX, Meaning.DENIED)
_OTHERWISE = "answers something that is not understood: check base_url"
_NO_DIRECTORY = (
    "the directory can't be read: grant the application User.Read.All with admin consent, or name "
    "the mailboxes in users or users_file"
)


async def problems(
    config: GraphConfig,
    directory: Directory,
    dispatcher_of: Callable[[], Awaitable[Dispatcher]],
) -> tuple[str, ...]:
    """A line for each trouble, none where all is well."""
    try:
        dispatcher = await dispatcher_of()
        return tuple(await _problems(config, directory, dispatcher))
    except SourceError as error:
        text = _SIGN_IN.get(error.code, f"cannot be used ({error.code})")
        if error.code == "token-refused" and config.credential == "token":
            text = _STATIC_TOKEN_REFUSED
        return (text.format(**config.model_dump()),)
    except wire.Unreadable:
        return (f"the tenant {_OTHERWISE}",)


async def _problems(
    config: GraphConfig, directory: Directory, dispatcher: Dispatcher
) -> Sequence[str]:
    if directory.is_configured:
        names = directory.configured()
        if not names:
            return ("no mailbox is named: put addresses into users or users_file",)
        return await _of_mailboxes(dispatcher, directory, names)
    listed = await directory.listed(dispatcher)
    if isinstance(listed, Answer):
        if listed.meaning is Meaning.DENIED:
            return (_NO_DIRECTORY,)
        return (f"the tenant {_MAILBOX.get(listed.meaning, _OTHERWISE)}",)
    if not listed:
        return ("the directory has no user with a mailbox",)
    found = await _meanings(dispatcher, listed[:_PROBED])
    # Directories list people whose mailbox is elsewhere: only if none can be reached it is amiss.
    if Meaning.DONE in found.values():
        return ()
    return _lines(found)


async def _of_mailboxes(
    dispatcher: Dispatcher, directory: Directory, names: Sequence[str]
) -> Sequence[str]:
    found = await _meanings(dispatcher, names)
    # Which of them a group's address is answered with differs.
    unclear = [name for name, meaning in found.items() if meaning in _MAY_BE_GROUP]
    for name in unclear[:_PROBED]:
        if await _is_group(dispatcher, name):
            found[name] = Meaning.GROUP
    return _lines(found)


async def _meanings(dispatcher: Dispatcher, names: Sequence[str]) -> dict[str, Meaning]:
    asks = [Ask(name, "/mailFolders/inbox?$select=id") for name in names]
    found: dict[str, Meaning] = {}
    async for number, answer in dispatcher.answers(asks):
        found[names[number]] = answer.meaning
    readable = [name for name in names if found[name] is Meaning.DONE]
    async for number, answer in dispatcher.answers([_no_move(name) for name in readable]):
        if answer.meaning is Meaning.DENIED:
            found[readable[number]] = Meaning.DENIED
    return found


def _no_move(name: str) -> Ask:
    """A move of nobody's message: whoever may only read is refused before it is looked for."""
    return Ask(name, f"{message_path('')}/move", {"destinationId": INBOX})


async def _is_group(dispatcher: Dispatcher, name: str) -> bool:
    """Whether an address is a group's; False where we may not see groups."""
    said = quote("'" + name.replace("'", "''") + "'", safe="'@")
    path = f"/groups?$filter=mail%20eq%20{said}&$select=id,groupTypes"
    answer = await dispatcher.ask(Ask(None, path))
    try:
        return answer.is_done and bool(answer.read(wire.Groups).value)
    except wire.Unreadable:
        return False


def _lines(found: Mapping[str, Meaning]) -> Sequence[str]:
    by_text: dict[str, list[str]] = {}
    for name, meaning in sorted(found.items()):
        if meaning is not Meaning.DONE:
            by_text.setdefault(_MAILBOX.get(meaning, _OTHERWISE), []).append(name)
    return tuple(f"{_named(names)}: {text}" for text, names in by_text.items())


def _named(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
