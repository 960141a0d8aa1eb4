"""The entities of an investigation: files, URLs, emails, email clusters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from clawback.console.pages.investigation.progress import Progress
from clawback.console.parts.layout import pager, tabs, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.case_tones import OF_REMEDIATION, OF_VERDICT
from clawback.core.case_words import volume_words
from clawback.core.delivery import delivery_action, location_words
from clawback.core.evidence import counters, evidence_of, threat
from clawback.core.showing import plain, show_indicator
from clawback.services import cases
from models.cases import Case, CaseCluster, Evidence, RemediationStatus
from models.copies import FolderRole
from models.indicators import IndicatorKind, Verdict
from models.locations import Bucket

PAGE = 50
_Tab = Callable[[Visit, Case, Sequence[Evidence]], Awaitable[None]]


async def build(visit: Visit, progress: Progress) -> None:
    """The sub tab that the address names."""
    case = progress.case
    found = evidence_of(case)
    chosen = visit.here.value("of", "files" if _of(found, IndicatorKind.FILE) else "urls")
    chosen = chosen if chosen in _TABS else "files"
    emails = await visit.read(cases.count_emails, case)
    pairs = [(f"{label} ({number:,})", _address(visit, name)) for name, label, number in (
        ("files", "Files", len(_of(found, IndicatorKind.FILE))),
        ("urls", "URLs", len(_of(found, IndicatorKind.URL))),
        ("emails", "Emails", emails["Total"]),
        ("clusters", "Email clusters", len(case.clusters)),
    )]  # fmt: skip
    tabs("Entities", pairs, _address(visit, chosen))
    await _TABS[chosen](visit, case, found)


def _address(visit: Visit, name: str) -> str:
    return visit.here.link(tab="entities", of=name, cluster=None, mailbox=None, page=None)


def _of(found: Sequence[Evidence], kind: IndicatorKind) -> list[Evidence]:
    return [one for one in found if one.indicator.kind is kind]


def _counters(counts: Mapping[str, int]) -> None:
    with tag("dl", cls="counters"):
        for name, number in counts.items():
            with tag("div"):
                tag("dt", name)
                tag("dd", f"{number:,}")


def _verdict(verdict: Verdict) -> Cell:
    return Cell(verdict.value, tone=OF_VERDICT[verdict])


def _status(status: RemediationStatus | None) -> Cell | str:
    return Cell(status.value, tone=OF_REMEDIATION[status]) if status else "–"


async def _files(visit: Visit, case: Case, found: Sequence[Evidence]) -> None:
    ours = _of(found, IndicatorKind.FILE)
    columns = (
        Column("verdict", "Verdict"), Column("status", "Remediation status"),
        Column("details", "Status details", wide=True), Column("name", "File name", wide=True),
        Column("sha256", "SHA256", "code"), Column("emails", "Emails", "number"),
    )  # fmt: skip

    def cells(one: Evidence) -> list[object]:
        return [_verdict(one.verdict), _status(one.status), plain(one.details, 400),
                _names(one.cluster), one.indicator.value, _emails(visit, one.cluster)]  # fmt: skip

    _table(visit, "Files", columns, ours, cells)


def _names(cluster: CaseCluster | None) -> str:
    """The names by which most messages carry the file."""
    names = [plain(name, 80) for name in cluster.facts.file_names][:3] if cluster else []
    more = len(cluster.facts.file_names) - len(names) if cluster else 0
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


async def _urls(visit: Visit, case: Case, found: Sequence[Evidence]) -> None:
    ours = _of(found, IndicatorKind.URL)
    columns = (
        Column("verdict", "Verdict"), Column("status", "Remediation status"),
        Column("details", "Status details", wide=True), Column("address", "Address", wide=True),
        Column("emails", "Emails", "number"),
    )  # fmt: skip

    def cells(one: Evidence) -> list[object]:
        return [_verdict(one.verdict), _status(one.status), plain(one.details, 400),
                show_indicator(one.indicator, whole=True), _emails(visit, one.cluster)]  # fmt: skip

    _table(visit, "URLs", columns, ours, cells)


def _emails(visit: Visit, cluster: CaseCluster | None) -> Cell | str:
    if cluster is None:
        return "–"
    address = visit.here.link(tab="entities", of="emails", cluster=cluster.id, page=None)
    return Cell(f"{cluster.members:,}", address)


def _table(
    visit: Visit,
    caption: str,
    columns: Sequence[Column],
    found: Sequence[Evidence],
    cells: Callable[[Evidence], list[object]],
) -> None:
    here = visit.here
    number, size = here.number("page", 1, least=1), here.number("size", PAGE, least=25, most=200)
    _counters(counters(found))
    shown = found[(number - 1) * size : number * size]
    rows = [Row(str(place), cells(one), label=show_indicator(one.indicator))
            for place, one in enumerate(shown)]  # fmt: skip
    Table(caption, columns, rows, empty=f"No {caption} in this investigation.")
    pager(here, page=number, size=size, total=len(found))


async def _emails_tab(visit: Visit, case: Case, found: Sequence[Evidence]) -> None:
    here = visit.here
    number, size = here.number("page", 1, least=1), here.number("size", PAGE, least=25, most=200)
    cluster_id, mailbox = here.number("cluster", 0) or None, here.value("mailbox")
    page = await visit.read(
        cases.read_emails, case, cluster_id=cluster_id, mailbox=mailbox,
        offset=(number - 1) * size, limit=size,
    )  # fmt: skip
    if not (cluster_id or mailbox):
        _counters(await visit.read(cases.count_emails, case))
    _narrowed(visit, case, cluster_id, mailbox)
    columns = (
        Column("verdict", "Verdict"), Column("status", "Remediation status"),
        Column("received", "Email received date"), Column("delivery", "Delivery status"),
        Column("location", "Latest delivery location"), Column("subject", "Subject", wide=True),
        Column("sender", "Sender"), Column("recipient", "Recipient"),
    )  # fmt: skip
    rows = [_email_row(visit, line) for line in page.lines]
    Table("Emails", columns, rows, empty="No message is such.")
    pager(here, page=number, size=size, total=page.total)


def _email_row(visit: Visit, line: cases.EmailLine) -> Row:
    email = line.email
    subject = plain(email.subject, 200) or "(no subject)"
    detail = plain(email.dealing.detail) if email.dealing else ""
    status: Cell | str = "–"
    if line.status is not None:
        status = Cell(line.status.value, tone=OF_REMEDIATION[line.status], title=detail)
    return Row(
        str(email.copy_id),
        [
            _verdict(line.verdict),
            status,
            when(email.received_at),
            line.delivered,
            line.location.value,
            Cell(subject, visit.address(f"/email/{email.id}")),
            plain(email.sender),
            plain(email.mailbox),
        ],
        label=subject,
    )


def _narrowed(visit: Visit, case: Case, cluster_id: int | None, mailbox: str) -> None:
    """What the list is narrowed to, and the way out of it."""
    of = [one.name for one in case.clusters if one.id == cluster_id]
    if cluster_id and not of:
        of = ["a cluster that is not of this investigation"]
    if mailbox:
        of.append(plain(mailbox))
    if of:
        with tag("p", cls="row"):
            tag("span", f"Only {' in '.join(of)}.")
            link("Show all emails", _address(visit, "emails"))


async def _clusters(visit: Visit, case: Case, found: Sequence[Evidence]) -> None:
    by_cluster = {one.cluster.id: one for one in found if one.cluster is not None}
    figures = await visit.read(cases.read_cluster_figures, case)
    ours = [by_cluster[one.id] for one in case.clusters if one.id in by_cluster]
    columns = (
        Column("verdict", "Verdict"), Column("status", "Remediation status"),
        Column("name", "Mail cluster name", wide=True), Column("threats", "Threats"),
        Column("count", "Email count", "number"), *(
            Column(name, name, "number")
            for name in ("Malware", "Phish", "Delivered", "Junked", "Blocked", "Mailbox",
                         "Not in mailbox", "On-prem/External")
        ), Column("volume", "Volume anomaly"), Column("query", "Query time"),
    )  # fmt: skip

    def cells(one: Evidence) -> list[object]:
        cluster = one.cluster
        assert cluster is not None
        return [_verdict(one.verdict), _status(one.status), cluster.name,
                threat(one.indicator.kind) if one.status else "–",
                *_cluster_numbers(visit, one, cluster, figures.deliveries.get(cluster.id, {})),
                volume_words(figures.volumes.get(cluster.id)), when(cluster.query_at)]  # fmt: skip

    _table(visit, "Email clusters", columns, ours, cells)


def _cluster_numbers(
    visit: Visit, one: Evidence, cluster: CaseCluster, delivered: Mapping[FolderRole, int]
) -> list[object]:
    is_threat = one.verdict is Verdict.MALICIOUS
    kind = one.indicator.kind
    by_action: dict[str, int] = {}
    for role, number in delivered.items():
        word = delivery_action(location_words(role))
        by_action[word] = by_action.get(word, 0) + number
    buckets = cluster.counts.by_bucket if cluster.counts else {}
    return [
        _emails(visit, cluster),
        f"{cluster.members if is_threat and kind is IndicatorKind.FILE else 0:,}",
        f"{cluster.members if is_threat and kind is IndicatorKind.URL else 0:,}",
        *(f"{by_action.get(word, 0):,}" for word in ("Delivered", "Junked", "Blocked")),
        *(
            f"{buckets.get(bucket, 0):,}"
            for bucket in (Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX, Bucket.EXTERNAL)
        ),
    ]


_TABS: Mapping[str, _Tab] = {
    "files": _files,
    "urls": _urls,
    "emails": _emails_tab,
    "clusters": _clusters,
}
