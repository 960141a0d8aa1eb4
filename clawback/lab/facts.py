"""Facts without messages: fills an index for benches of the index alone, a million in seconds.

Link counts, the share of attachments and the share of links that many messages have follow what
7,909 real messages of the public phishing_pot collection gave: 3.24 links a message (median 2,
99th percentile 32), three in four of them unique; 0.17 files a message; 2.4 pictures and
stylesheets fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from clawback.lab.addresses import brand, employee, partner
from clawback.lab.campaign_mail import malicious_pdf, malicious_url
from clawback.lab.campaigns import CampaignKind
from clawback.lab.envelopes import client_ip
from clawback.lab.folders import folder_of
from clawback.lab.messages import maildir_handle
from clawback.lab.options import LabError, LabOptions
from clawback.lab.phrases import ENGLISH
from models.copies import FolderRole
from models.mails import AttachmentFact, Direction, LinkPlace, LinkRole, MailFacts, UrlFact

_PROCESS = 3998
_EXTRACTOR_VERSION = 1_000_000  # newer than any: there are no messages to read again
_FILE_CLUSTERS = (10_000, 1_000, 100, 10)
_URL_CLUSTERS = (14_800, 10_000, 1_000, 100, 10)
# How many of 1,000 messages have so many links of their own: mean about 3.2, median 2.
_LINK_COUNTS = (
    (0, 80), (1, 340), (2, 260), (3, 120), (4, 80), (6, 60), (10, 30), (18, 15), (32, 13), (80, 2),
)  # fmt: skip
_FILE_SHARE = 170  # of 1,000 messages
_POOL = 4096
_SUBJECTS = ENGLISH.subjects
_HOSTS = 2000
_MIX = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio: spreads consecutive numbers
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class FactsCluster:
    """An indicator and the exact number of yielded messages that carry it."""

    kind: CampaignKind
    indicator: str
    size: int


def facts_clusters(n_messages: int, options: LabOptions) -> tuple[FactsCluster, ...]:
    """The clusters in `iter_facts(n_messages, options)`, largest first within each kind.

    The largest are the malicious file and URL of the lab; none takes more than a quarter of all.
    """
    found = []
    for at, size in enumerate(_FILE_CLUSTERS):
        other = f"{options.seed}/file cluster/{at}".encode()
        content = other if at else malicious_pdf(options.seed)
        sha256 = hashlib.sha256(content).hexdigest()
        found.append(FactsCluster(CampaignKind.FILE, sha256, min(size, n_messages // 4)))
    for at, size in enumerate(_URL_CLUSTERS):
        url = f"https://cluster{at}.many.example/c{options.seed}" if at else ""
        url = url or malicious_url(options.seed)
        found.append(FactsCluster(CampaignKind.URL, url, min(size, n_messages // 4)))
    return tuple(found)


def _link(url: str, role: LinkRole = LinkRole.LINK) -> UrlFact:
    host = url.split("/", 3)[2]
    return UrlFact(url, host, url, LinkPlace.BODY, role, None, "1")


def _file(sha256: str, name: str, content_type: str, size_bytes: int) -> AttachmentFact:
    return AttachmentFact(sha256, name, size_bytes, content_type, "2")


class _Pools:
    """Everything that messages share, made once: drawing from it costs an index."""

    def __init__(self, n_messages: int, options: LabOptions) -> None:
        rng = Random(f"{options.seed}/facts")
        self.hosts = [f"h{at}.site{at % 97}.example" for at in range(_HOSTS)]
        # Squared, so that few links stand in many messages and most in few.
        shared = [_link(f"https://{self.hosts[at % 50]}/s/{at}") for at in range(_POOL)]
        self.links = [shared[int(rng.random() ** 2 * _POOL)] for _ in range(_POOL)]
        fetched = [
            _link(f"https://cdn{at % 9}.example.net/{at}.png", LinkRole.RESOURCE)
            for at in range(300)
        ]
        self.fetched = [
            tuple(rng.sample(fetched, k=rng.choice((0, 0, 2, 4, 6)))) for _ in range(_POOL)
        ]
        self.link_counts = [count for count, share in _LINK_COUNTS for _ in range(share)]
        rng.shuffle(self.link_counts)
        self.logos = [
            _file(hashlib.sha256(b"logo%d" % at).hexdigest(), "logo.png", "image/png", 4000 + at)
            for at in range(50)
        ]
        self.senders = [partner(at) for at in range(200)] + [brand(at) for at in range(6)]
        self.owners = [employee(at, options.domain).address for at in range(options.mailboxes)]
        self.sent_at = [
            options.base_at - timedelta(minutes=rng.randrange(60 * 24 * 365)) for _ in range(_POOL)
        ]
        self.clusters = [
            (cluster.size, at * 7919, *self._member(cluster))
            for at, cluster in enumerate(facts_clusters(n_messages, options))
        ]

    @staticmethod
    def _member(cluster: FactsCluster) -> tuple[AttachmentFact | None, UrlFact | None]:
        if cluster.kind is CampaignKind.FILE:
            return _file(cluster.indicator, "document.pdf", "application/pdf", 90_000), None
        return None, _link(cluster.indicator)


_ROLES = (
    *[FolderRole.INBOX] * 12,
    FolderRole.USER,
    FolderRole.ARCHIVE,
    FolderRole.DELETED,
    FolderRole.JUNK,
)


def _links_and_files(
    pools: _Pools, number: int, n_messages: int, mixed: int
) -> tuple[list[UrlFact], list[AttachmentFact]]:
    urls: list[UrlFact] = []
    for at in range(pools.link_counts[mixed % 1000]):
        turn = mixed >> (at & 31)
        if turn & 3:
            host = pools.hosts[(turn >> 2) % _HOSTS]
            url = f"https://{host}/p/{number:x}/{at}"
            urls.append(UrlFact(url, host, url, LinkPlace.BODY, LinkRole.LINK, None, "1"))
        else:
            urls.append(pools.links[(turn >> 7) % _POOL])
    files: list[AttachmentFact] = []
    share = (mixed >> 20) % 1000
    if share < 20:
        files.append(pools.logos[(mixed >> 30) % 50])
    elif share < _FILE_SHARE:
        sha256 = hashlib.sha256(b"file %d" % mixed).hexdigest()
        files.append(AttachmentFact(sha256, f"file{number}.pdf", 52_000, "application/pdf", "2"))
    for size, offset, file, link in pools.clusters:
        # Over any n numbers in a row this is true exactly `size` times, evenly spread.
        if (number + offset) * size % n_messages < size:
            if file is not None:
                files.append(file)
            if link is not None:
                urls.append(link)
    urls.extend(pools.fetched[(mixed >> 13) % _POOL])
    return urls, files


def _facts(pools: _Pools, number: int, n_messages: int, mixed: int, owner: str) -> MailFacts:
    urls, files = _links_and_files(pools, number, n_messages, mixed)
    sender = pools.senders[mixed % len(pools.senders)]
    content_sha256 = hashlib.sha256(b"%d content %d" % (mixed, number)).hexdigest()
    return MailFacts(
        content_sha256=content_sha256,
        mail_key=hashlib.sha256(content_sha256.encode()).hexdigest(),
        extractor_version=_EXTRACTOR_VERSION,
        size_bytes=3_000 + (mixed >> 40) % 60_000,
        internet_message_id=f"<bench.{number:x}.{mixed:x}@example.org>",
        subject=_SUBJECTS[(mixed >> 5) % len(_SUBJECTS)],
        sent_at=pools.sent_at[(mixed >> 17) % _POOL],
        from_address=sender.address,
        from_name=sender.name,
        sender_address="",
        return_path=sender.address,
        to=(owner,),
        cc=(),
        client_ip=client_ip(mixed % 700),
        authentication_results="",
        direction=Direction.INBOUND,
        language="en",
        attachments=tuple(files),
        urls=tuple(urls),
        header_urls=(),
        problems=(),
    )


def iter_facts(n_messages: int, options: LabOptions) -> Iterator[tuple[str, str, str, MailFacts]]:
    """(mailbox, folder, handle, facts) of each message, in turn over the mailboxes.

    Every message is a mail of its own: the worst case for an index. Deterministic by seed and
    options; `facts_clusters` gives the indicators that many share. Raises `LabError` for a negative
    number.
    """
    if n_messages < 0:
        raise LabError(f"the number of messages must be 0 or more, not {n_messages}")
    pools, seed = _Pools(n_messages, options), options.seed
    folders = [
        [folder_of(role, index) for role in _ROLES] for index in range(min(options.mailboxes, 6))
    ]
    mailboxes = options.mailboxes
    for number in range(n_messages):
        mixed = ((number + 1 + seed * 1_000_003) * _MIX) & _MASK
        mixed ^= mixed >> 29
        mailbox_index = number % mailboxes
        owner = pools.owners[mailbox_index]
        facts = _facts(pools, number, n_messages, mixed, owner)
        names = folders[mailbox_index % 6]
        handle = maildir_handle(options.base_at, _PROCESS, number, facts.size_bytes)
        yield owner, names[mixed >> 59 & 15], handle, facts
