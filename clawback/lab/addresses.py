"""Who is in the organisation and who writes to it: neutral generated names, never a person's."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.lab.options import LabOptions

_DEPARTMENTS = (
    "finance", "sales", "legal", "research", "support",
    "logistics", "purchasing", "quality", "training", "facilities",
)  # fmt: skip
_PLANTS = (
    "alder", "aspen", "bamboo", "birch", "cedar", "clover", "cypress", "elder", "fern", "gorse",
    "heather", "hornbeam", "juniper", "larch", "linden", "lupin", "maple", "moss", "myrtle", "oak",
    "osier", "pine", "poplar", "reed", "rowan", "rush", "sedge", "sorrel", "spruce", "sumac",
    "teasel", "thistle", "walnut", "willow", "yarrow", "yew",
)  # fmt: skip
_PARTNER_DOMAINS = ("example.org", "example.net", "suppliers.example", "freight.example")
_BRANDS = ("Meadow", "Harbour", "Granite", "Lantern", "Compass", "Orchard")


@dataclass(frozen=True, slots=True)
class Party:
    """One sender or recipient: an ASCII display name and a lower-case address."""

    name: str
    address: str

    @property
    def header(self) -> str:
        return f'"{self.name}" <{self.address}>'


def employee(index: int, domain: str) -> Party:
    """The owner of mailbox `index`: unique for every index from 0."""
    department = _DEPARTMENTS[index % len(_DEPARTMENTS)]
    rest = index // len(_DEPARTMENTS)
    # The plant starts at another place in each department, so that small labs look mixed.
    plant = _PLANTS[(rest + 7 * (index % len(_DEPARTMENTS))) % len(_PLANTS)]
    lap = rest // len(_PLANTS)
    suffix = str(lap + 1) if lap else ""
    return Party(
        f"{department.title()} {plant.title()}{suffix}", f"{department}.{plant}{suffix}@{domain}"
    )


def secops(domain: str) -> Party:
    """The SecOps mailbox, where analysts keep samples that nothing may remove."""
    return Party("Security Operations", f"secops@{domain}")


def mailbox_parties(options: LabOptions) -> tuple[Party, ...]:
    """Every mailbox of the lab: people's by index, then with `scatter` the SecOps mailbox."""
    people = tuple(employee(index, options.domain) for index in range(options.mailboxes))
    return (*people, secops(options.domain)) if options.scatter else people


def elsewhere(index: int, domain: str) -> Party:
    """A recipient in the organisation's own domain whose mailbox the lab does not hold (3 of them)."""
    office = ("north", "island", "harbour")[index % 3]
    return Party(f"Field Office {office.title()}", f"field-office.{office}@{domain}")


def partner(index: int) -> Party:
    """A correspondent at another organisation, under a domain reserved for examples."""
    plant = _PLANTS[index % len(_PLANTS)]
    domain = _PARTNER_DOMAINS[index % len(_PARTNER_DOMAINS)]
    return Party(f"Orders {plant.title()}", f"orders.{plant}@{domain}")


def brand(index: int) -> Party:
    """The sender of a newsletter or of automatic messages."""
    name = _BRANDS[index % len(_BRANDS)]
    return Party(f"{name} Services", f"news@{name.lower()}.example")
