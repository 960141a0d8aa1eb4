"""The `[[sources]]` of clawback.toml: one model for each kind of mail system.

Secrets are never in the file: a key that ends in `_env` names the environment variable that holds
one, `_file` a file that holds it. docs/connectors.md explains every key.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.copies import FolderRole

SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class _Source(BaseModel):
    """What every kind has. `folders` maps folder names to roles where the names do not tell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: SourceName
    folders: dict[str, FolderRole] = Field(default_factory=dict)


class MaildirConfig(_Source):
    """A tree of Maildirs: `<root>/<user@domain>/{cur,new,tmp}`."""

    kind: Literal["maildir"]
    root: Path

    def in_home(self, home: Path) -> MaildirConfig:
        """The same with its paths resolved against `home`."""
        return self.model_copy(update={"root": home / self.root.expanduser()})


class _WithUsers(_Source):
    """Whose mailboxes: a list, a file with an address a line, or else those that the server names."""

    users: tuple[str, ...] = ()
    users_file: Path | None = None
    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = None

    @model_validator(mode="after")
    def _one_list_of_users(self) -> _WithUsers:
        if self.users and self.users_file is not None:
            raise ValueError("give users or users_file, not both")
        return self


class ImapConfig(_WithUsers):
    """An IMAP server.

    With `master_user` every mailbox is opened as `<address><master_separator><master_user>` (SASL
    PLAIN) with the secret of `secret_env` or `secret_file`. Without, `credentials_file` holds a line
    `<address> <secret>` for each mailbox. `auth` says what a secret is: a password, or an OAuth 2
    access token for XOAUTH2. Connections without TLS go to this machine only.
    """

    kind: Literal["imap"]
    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    security: Literal["tls", "starttls", "none"] = "tls"
    ca_file: Path | None = None
    auth: Literal["plain", "xoauth2"] = "plain"
    master_user: str = ""
    master_separator: str = "*"
    secret_env: EnvironmentName | None = None
    secret_file: Path | None = None
    credentials_file: Path | None = None
    soft_delete_folder: str = "Recoverable Items"
    connections: Annotated[int, Field(ge=1, le=32)] = 4
    timeout_seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 60

    @model_validator(mode="after")
    def _sound(self) -> ImapConfig:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security = "none" is for this machine only: use tls or starttls')
        if bool(self.secret_env or self.secret_file) == bool(self.credentials_file):
            raise ValueError(
                "give secret_env or secret_file (one secret for all), or credentials_file (one each)"
            )
        if self.secret_env and self.secret_file:
            raise ValueError("give secret_env or secret_file, not both")
        return self

    def in_home(self, home: Path) -> ImapConfig:
        """The same with its paths resolved against `home`."""
        return self.model_copy(
            update=_resolved(self, home, "ca_file", "secret_file", "credentials_file", "users_file")
        )


class GraphConfig(_WithUsers):
    """Exchange Online, or anything else that speaks Microsoft Graph's mail API.

    `credential` says how a token is got: by the Azure identity library (secret, certificate, managed
    identity, workload identity), or a static one from `token_env`. `base_url` and `authority` replace
    those of `cloud`. `concurrency_scope` is how the tenant counts `mailbox_concurrency` parallel
    requests: for each mailbox, or for the application over all of them; both are documented.
    """

    kind: Literal["graph"]
    tenant_id: str = ""
    client_id: str = ""
    credential: Literal[
        "secret", "certificate", "managed-identity", "workload-identity", "token"
    ] = "secret"
    secret_env: EnvironmentName = "CLAWBACK_GRAPH_SECRET"
    certificate_file: Path | None = None
    certificate_password_env: EnvironmentName | None = None
    token_env: EnvironmentName = "CLAWBACK_GRAPH_TOKEN"
    cloud: Literal["global", "us-government", "us-government-dod", "china"] = "global"
    base_url: str = ""
    authority: str = ""
    concurrency_scope: Literal["mailbox", "application"] = "mailbox"
    mailbox_concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    requests_per_10_minutes: Annotated[int, Field(ge=1)] = 10_000
    requests_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 2_000
    timeout_seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 60
    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = 14

    @model_validator(mode="after")
    def _sound(self) -> GraphConfig:
        if self.credential in ("secret", "certificate") and not (self.tenant_id and self.client_id):
            raise ValueError(f'credential = "{self.credential}" needs tenant_id and client_id')
        if self.credential == "certificate" and self.certificate_file is None:
            raise ValueError('credential = "certificate" needs certificate_file')
        if self.base_url.startswith("http://") and not is_loopback(_host_of(self.base_url)):
            raise ValueError("base_url without TLS is for this machine only: use https")
        if any(mark in self.base_url for mark in "?#@\\"):
            raise ValueError("base_url is an address and a path alone, without any of ? # @ \\")
        return self

    def in_home(self, home: Path) -> GraphConfig:
        """The same with its paths resolved against `home`."""
        return self.model_copy(update=_resolved(self, home, "certificate_file", "users_file"))


SourceConfig = Annotated[MaildirConfig | ImapConfig | GraphConfig, Field(discriminator="kind")]


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine by its spelling; nothing is resolved."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host_of(url: str) -> str:
    authority = url.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[-1]
    if authority.startswith("["):
        return authority.partition("]")[0].lstrip("[")
    return authority.partition(":")[0]


def _resolved(source: BaseModel, home: Path, *keys: str) -> dict[str, Path]:
    paths = {key: getattr(source, key) for key in keys}
    return {key: home / path.expanduser() for key, path in paths.items() if path is not None}
