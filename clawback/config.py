"""Configuration: CLAWBACK_HOME, its clawback.toml and the environment. Secrets only by environment.

Environment: `CLAWBACK_HOME` (default ~/.clawback), `CLAWBACK_DATABASE_URL`, `PREFECT_API_URL`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clawback.errors import SetupError
from models.copies import FolderRole
from models.mails import OrganisationProfile

DEFAULT_HOME = "~/.clawback"
DEFAULT_API = "http://127.0.0.1:4200/api"
FILE = "clawback.toml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrganisationConfig(_Part):
    """What is ours: mail domains, and the servers whose headers count."""

    domains: tuple[str, ...] = ()
    authserv_ids: tuple[str, ...] = ()
    trusted_relays: tuple[str, ...] = ()


class MaildirConfig(_Part):
    """A tree of Maildirs: `<root>/<user@domain>/{cur,new,tmp}`.

    `folders` maps folder names to roles where the names alone do not tell.
    """

    kind: Literal["maildir"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    root: Path
    folders: dict[str, FolderRole] = Field(default_factory=dict)


class ListConfig(_Part):
    """An indicator list: one SHA-256 or URL a line, or JSON Lines. `sweep` looks for it on schedule."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,59}$")]
    path: Path
    sweep: bool = True


class DatabaseConfig(_Part):
    """Where the rows are; SQLite in the home directory unless said otherwise."""

    url: str = ""


class PrefectConfig(_Part):
    """The Prefect server; `clawback up` starts one at this address."""

    api_url: str = DEFAULT_API


class _File(_Part):
    organisation: OrganisationConfig = OrganisationConfig()
    sources: tuple[MaildirConfig, ...] = ()
    lists: tuple[ListConfig, ...] = ()
    database: DatabaseConfig = DatabaseConfig()
    prefect: PrefectConfig = PrefectConfig()


class Config(_Part):
    """The whole configuration, paths resolved against the home directory."""

    home: Path
    organisation: OrganisationConfig
    sources: tuple[MaildirConfig, ...]
    lists: tuple[ListConfig, ...]
    database_url: str
    prefect_api_url: str

    @property
    def log_dir(self) -> Path:
        """Where the logs of the processes of `clawback up` are."""
        return self.home / "logs"

    @property
    def prefect_ui_url(self) -> str:
        """The address of the Prefect UI."""
        return self.prefect_api_url.removesuffix("/").removesuffix("/api")

    def profile(self) -> OrganisationProfile:
        """What an extractor needs to know of the organisation."""
        return OrganisationProfile(
            domains=frozenset(domain.lower() for domain in self.organisation.domains),
            authserv_ids=frozenset(name.lower() for name in self.organisation.authserv_ids),
            trusted_relays=frozenset(name.lower() for name in self.organisation.trusted_relays),
        )


def load_config(env: Mapping[str, str] | None = None) -> Config:
    """The configuration of this environment. Raises `SetupError` naming file, key and what is wrong."""
    values = os.environ if env is None else env
    home = Path(values.get("CLAWBACK_HOME") or DEFAULT_HOME).expanduser().absolute()
    file = _read(home / FILE)
    names = [source.name for source in file.sources]
    if len(set(names)) != len(names):
        raise SetupError(f"{home / FILE}: two sources have the same name: give each its own")
    return Config(
        home=home,
        organisation=file.organisation,
        sources=tuple(
            source.model_copy(update={"root": home / source.root.expanduser()})
            for source in file.sources
        ),
        lists=tuple(
            item.model_copy(update={"path": home / item.path.expanduser()}) for item in file.lists
        ),
        database_url=values.get("CLAWBACK_DATABASE_URL")
        or file.database.url
        or f"sqlite:///{home / 'clawback.db'}",
        prefect_api_url=values.get("PREFECT_API_URL") or file.prefect.api_url,
    )


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return _File()
    except OSError as error:
        raise SetupError(
            f"{path} cannot be read ({error.strerror}): check its permissions"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} is no TOML file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SetupError(f"{path}: {where}: {first['msg']}") from error
