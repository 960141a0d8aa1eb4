"""Configuration: CLAWBACK_HOME, its clawback.toml and the environment. Secrets only by environment.

Environment: `CLAWBACK_HOME` (default ~/.clawback), `CLAWBACK_DATABASE_URL`, `PREFECT_API_URL`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from clawback.errors import SetupError
from clawback.source_config import SourceConfig
from models.hunting import HuntLimits
from models.limits import DEFAULT_LIMITS as _DEFAULT
from models.limits import Limits
from models.mails import OrganisationProfile

DEFAULT_HOME = "~/.clawback"
DEFAULT_API = "http://127.0.0.1:4200/api"
FILE = "clawback.toml"
_HUNT = HuntLimits()


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrganisationConfig(_Part):
    """What is ours: mail domains, and the servers whose headers count."""

    domains: tuple[str, ...] = ()
    authserv_ids: tuple[str, ...] = ()
    trusted_relays: tuple[str, ...] = ()


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


class ApiConfig(_Part):
    """The REST API that `clawback up` serves: where, for whom, and how often each may ask.

    `public_url` is where a reverse proxy shows it; `trusted_proxies` are the addresses whose
    forwarded headers are believed, none unless said. Everything is per minute and token, failures per
    address. A body may have `body_bytes`, a reported message as much as `limits.message_bytes`.
    """

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 4280
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s?#@]+)?$")] = ""
    trusted_proxies: tuple[str, ...] = ()
    requests_per_minute: Annotated[int, Field(ge=1)] = 600
    hunts_per_minute: Annotated[int, Field(ge=1)] = 60
    failures_per_minute: Annotated[int, Field(ge=1)] = 20
    body_bytes: Annotated[int, Field(ge=10_000, le=100_000_000)] = 4_000_000
    body_seconds: Annotated[float, Field(ge=0.1, le=600, allow_inf_nan=False)] = 30.0


class LimitsConfig(_Part):
    """What one message may cost to read, and what one reading process may take: see `Limits`.

    Everything has a lower bound as well: with less, ordinary mail would not be read.
    """

    message_bytes: Annotated[int, Field(ge=100_000, le=2_000_000_000)] = _DEFAULT.message_bytes
    parts: Annotated[int, Field(ge=1)] = _DEFAULT.parts
    depth: Annotated[int, Field(ge=0, le=50)] = _DEFAULT.depth
    members: Annotated[int, Field(ge=0)] = _DEFAULT.members
    unpacked_bytes: Annotated[int, Field(ge=0, le=2_000_000_000)] = _DEFAULT.unpacked_bytes
    unpack_ratio: Annotated[int, Field(ge=1)] = _DEFAULT.unpack_ratio
    objects: Annotated[int, Field(ge=0)] = _DEFAULT.objects
    pages: Annotated[int, Field(ge=1)] = _DEFAULT.pages
    images: Annotated[int, Field(ge=0)] = _DEFAULT.images
    pixels: Annotated[int, Field(ge=0)] = _DEFAULT.pixels
    links: Annotated[int, Field(ge=1)] = _DEFAULT.links
    text_bytes: Annotated[int, Field(ge=10_000)] = _DEFAULT.text_bytes
    seconds: Annotated[float, Field(ge=0.1, le=600, allow_inf_nan=False)] = _DEFAULT.seconds
    memory_bytes: Annotated[int, Field(ge=256_000_000)] = _DEFAULT.memory_bytes
    documents: bool = _DEFAULT.documents


class HuntingConfig(_Part):
    """What one query of Advanced hunting may cost, and how it is answered: see `HuntLimits`.

    `threads` are those of one query. `refresh_seconds` is how long a query waits at most until the
    mirror is in step; 0 never waits. The original gives 100,000 rows and three minutes to a program.
    """

    rows: Annotated[int, Field(ge=1, le=1_000_000)] = _HUNT.rows
    seconds: Annotated[float, Field(ge=0.1, le=3_600, allow_inf_nan=False)] = _HUNT.seconds
    text_bytes: Annotated[int, Field(ge=100, le=1_000_000)] = _HUNT.text_bytes
    memory_bytes: Annotated[int, Field(ge=400_000_000)] = _HUNT.memory_bytes
    result_bytes: Annotated[int, Field(ge=100_000, le=1_000_000_000)] = _HUNT.result_bytes
    concurrent: Annotated[int, Field(ge=1, le=64)] = _HUNT.concurrent
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    refresh_seconds: Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)] = 5.0
    geo_database: Path | None = None

    def limits(self) -> HuntLimits:
        """What one query may cost."""
        names = ("rows", "seconds", "text_bytes", "memory_bytes", "result_bytes", "concurrent")
        return HuntLimits(**self.model_dump(include=set(names)))


class _File(_Part):
    organisation: OrganisationConfig = OrganisationConfig()
    sources: tuple[SourceConfig, ...] = ()
    lists: tuple[ListConfig, ...] = ()
    database: DatabaseConfig = DatabaseConfig()
    prefect: PrefectConfig = PrefectConfig()
    limits: LimitsConfig = LimitsConfig()
    api: ApiConfig = ApiConfig()
    hunting: HuntingConfig = HuntingConfig()


class Config(_Part):
    """The whole configuration, paths resolved against the home directory."""

    home: Path
    organisation: OrganisationConfig
    sources: tuple[SourceConfig, ...]
    lists: tuple[ListConfig, ...]
    database_url: str
    prefect_api_url: str
    limits: LimitsConfig = LimitsConfig()
    api: ApiConfig = ApiConfig()
    hunting: HuntingConfig = HuntingConfig()

    @property
    def hunting_dir(self) -> Path:
        """Where the mirror of Advanced hunting is: made from the database, may be thrown away."""
        return self.home / "hunting"

    @property
    def log_dir(self) -> Path:
        """Where the logs of the processes of `clawback up` are."""
        return self.home / "logs"

    @property
    def prefect_ui_url(self) -> str:
        """The address of the Prefect UI."""
        return self.prefect_api_url.removesuffix("/").removesuffix("/api")

    def with_sources(self, sources: tuple[SourceConfig, ...]) -> Config:
        """The same configuration with these sources only."""
        return self.model_copy(update={"sources": sources})

    def profile(self) -> OrganisationProfile:
        """What an extractor needs to know of the organisation."""
        return OrganisationProfile(
            domains=frozenset(domain.lower() for domain in self.organisation.domains),
            authserv_ids=frozenset(name.lower() for name in self.organisation.authserv_ids),
            trusted_relays=frozenset(name.lower() for name in self.organisation.trusted_relays),
        )

    def reading_limits(self) -> Limits:
        """What one message may cost an extractor."""
        return Limits(**self.limits.model_dump())


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
        sources=tuple(source.in_home(home) for source in file.sources),
        lists=tuple(
            item.model_copy(update={"path": home / item.path.expanduser()}) for item in file.lists
        ),
        database_url=values.get("CLAWBACK_DATABASE_URL")
        or file.database.url
        or f"sqlite:///{home / 'clawback.db'}",
        prefect_api_url=values.get("PREFECT_API_URL") or file.prefect.api_url,
        limits=file.limits,
        api=file.api,
        hunting=_hunting_in(home, file.hunting),
    )


def _hunting_in(home: Path, hunting: HuntingConfig) -> HuntingConfig:
    """`hunting` with its paths resolved against the home directory."""
    if hunting.geo_database is None:
        return hunting
    return hunting.model_copy(update={"geo_database": home / hunting.geo_database.expanduser()})


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
        raise SetupError(f"{path}: {where}: {_in_words(first)}") from error


def _in_words(fault: ErrorDetails) -> str:
    """What is wrong with one key, in words for the person who wrote it."""
    match fault["type"]:
        case "extra_forbidden":
            return "there is no such key: see docs/connectors.md, limits.md, hunting.md and api.md"
        case "missing":
            return "this key is needed"
        case "value_error":
            return fault["msg"].removeprefix("Value error, ")
        case _:
            return fault["msg"]
