"""What every use case needs: the ports, handed over once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clawback.hunting_ports import EmailExplorer, EmailReader, HuntEngine
from clawback.people_ports import PasswordHasher
from clawback.ports import Clock, MailboxSource, RunControl, VerdictSource
from clawback.store_ports import Store
from models.hunting import HuntLimits
from models.limits import DEFAULT_LIMITS, Limits
from models.mails import OrganisationProfile


@dataclass(frozen=True)
class Context:
    """The ports that services read and write through.

    `holder` names this process in leases: unique for each process, and safe to show.
    """

    store: Store
    sources: Mapping[str, MailboxSource]
    verdict_sources: tuple[VerdictSource, ...]
    clock: Clock
    holder: str
    organisation: OrganisationProfile = field(default_factory=OrganisationProfile)
    runs: RunControl | None = None
    limits: Limits = DEFAULT_LIMITS
    hunting: HuntEngine | None = None
    explorer: EmailExplorer | None = None
    emails: EmailReader | None = None
    hunt_limits: HuntLimits = field(default_factory=HuntLimits)
    passwords: PasswordHasher | None = None
