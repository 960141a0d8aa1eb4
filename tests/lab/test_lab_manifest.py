"""The manifest is checked by walking the tree with the standard library alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from lab_walk import Found, walk

from clawback.lab.maildir import create_lab
from clawback.lab.manifest import CampaignManifest, LabManifest
from clawback.lab.options import LabOptions

_ROLES = {
    "": "inbox",
    ".Junk": "junk",
    ".Archive": "archive",
    ".Trash": "deleted",
    ".Deleted Items": "deleted",
    ".Sent": "sent",
    ".Sent Items": "sent",
    ".Quarantine": "quarantine",
    ".Recoverable Items": "recoverable",
}


def role_of(one: Found) -> str:
    return _ROLES.get(one.directory, "user")


def copies_of(campaign: CampaignManifest, found: list[Found]) -> list[Found]:
    if campaign.kind == "file":
        return [one for one in found if campaign.indicator in one.attachments()]
    return [one for one in found if campaign.indicator in one.urls()]


def differences(campaign: CampaignManifest, manifest: LabManifest, found: list[Found]) -> list[str]:
    """What the manifest says of a campaign and the tree does not."""
    everywhere = copies_of(campaign, found)
    copies = [one for one in everywhere if one.mailbox != manifest.secops_mailbox]
    recipients = Counter(
        (one.message_id, address)
        for one in copies
        for header in ("To", "Cc")
        for part in one.message.get_all(header, [])
        for address in (a.addr_spec for a in part.addresses)
    )
    strangers = {pair for pair in recipients if pair[1] not in manifest.mailboxes}
    inside = {pair for pair in strangers if pair[1].endswith("@" + manifest.domain)}
    contents = Counter((one.mailbox, hashlib.sha256(one.raw).hexdigest()) for one in copies)
    twice = {mailbox for (mailbox, _), number in contents.items() if number == 2}
    measured = {
        "copies": len(copies),
        "by_role": dict(Counter(map(role_of, copies))),
        "by_mailbox": dict(Counter(one.mailbox for one in copies)),
        "secops_copies": len(everywhere) - len(copies),
        "mails": len({one.message_id for one in copies}),
        "senders": {one.message["From"].addresses[0].addr_spec for one in copies},
        "external_recipients": {address for _, address in inside},
        "external_pairs": len(inside),
        "outside_recipients": {address for _, address in strangers - inside},
        "twins": twice,
    }
    said = {
        **{name: getattr(campaign, name) for name in measured},
        "senders": set(campaign.senders),
        "external_recipients": set(campaign.external_recipients),
        "outside_recipients": set(campaign.outside_recipients),
        "twins": {twin.mailbox for twin in campaign.twins},
    }
    return [name for name in measured if measured[name] != said[name]]


@pytest.mark.parametrize("kind", ["file", "url"])
def test_every_number_of_a_campaign_is_true_of_the_tree(
    kind: str, lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    campaign = getattr(lab[1], kind)
    assert campaign.copies == 24
    assert differences(campaign, lab[1], found) == []


def test_the_check_notices_a_missing_copy_and_a_moved_one(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    manifest = lab[1]
    copies = copies_of(manifest.file, found)
    without_one = [one for one in found if one is not copies[0]]
    assert {"copies", "by_mailbox"} <= set(differences(manifest.file, manifest, without_one))
    inbox = next(
        one for one in copies if one.directory == "" and one.mailbox != "secops@example.com"
    )
    moved = Found(inbox.mailbox, ".Junk", "cur", inbox.path, inbox.raw, inbox.message)
    swapped = [moved if one is inbox else one for one in found]
    assert differences(manifest.file, manifest, swapped) == ["by_role"]


@pytest.mark.parametrize(
    "options",
    [
        LabOptions(seed=7, mailboxes=1, messages_per_mailbox=3),
        LabOptions(seed=8, mailboxes=2, messages_per_mailbox=0, file_copies=1, url_copies=0),
        LabOptions(seed=9, mailboxes=3, messages_per_mailbox=21, file_copies=60, url_copies=2),
        LabOptions(seed=10, mailboxes=40, messages_per_mailbox=1, file_copies=97, url_copies=97),
        LabOptions(seed=11, mailboxes=6, messages_per_mailbox=5, scatter=False),
    ],
)
def test_the_manifest_is_true_at_any_size(options: LabOptions, tmp_path: Path) -> None:
    manifest = create_lab(tmp_path / "mail", options)
    found = walk(tmp_path / "mail")
    assert len(found) == manifest.messages
    for campaign in (manifest.file, manifest.url):
        assert differences(campaign, manifest, found) == []
    assert logo_messages(manifest, found) == manifest.logo_messages


def logo_messages(manifest: LabManifest, found: list[Found]) -> int:
    return sum(manifest.logo_sha256 in one.attachments() for one in found)


def test_totals_and_special_cases_are_true_of_the_tree(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    root, manifest = lab
    assert sorted(path.name for path in root.iterdir()) == list(manifest.mailboxes)
    assert len(found) == manifest.messages
    assert logo_messages(manifest, found) == manifest.logo_messages == 50
    assert sum(manifest.simulation_url in one.urls() for one in found) == manifest.simulation_copies
    host = "login.portal-review.example"
    named = [one for one in found if f" {host} " in one.text()]
    assert len(named) == manifest.mentions == 2
    assert all(manifest.malicious_url not in one.urls() for one in named)


def test_shared_message_ids_stand_on_mails_with_different_content(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    assert len(lab[1].shared_message_ids) == 2
    for message_id in lab[1].shared_message_ids:
        sharing = [one for one in found if one.message_id == message_id]
        assert len({one.mailbox for one in sharing}) == 1
        assert len({str(one.message["Subject"]) for one in sharing}) == 2


def test_a_host_and_a_page_with_another_query_are_there_without_the_link(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    url = lab[1].malicious_url
    others = {
        other for one in found for other in one.urls() if "login.portal-review.example" in other
    }
    assert len(others - {url}) == 2
    assert any(other.partition("?")[0] == url.partition("?")[0] for other in others - {url})


def test_a_pdf_of_the_same_name_and_size_is_another_file(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    manifest = lab[1]
    lookalikes = [
        one
        for one in found
        for sha256, name in one.attachments().items()
        if name in manifest.file.raw_forms and sha256 != manifest.malicious_sha256
    ]
    assert len(lookalikes) == 1


def test_every_disguise_occurs_and_opens_to_the_one_link(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    manifest = lab[1]
    assert set(manifest.url.raw_forms) == set(manifest.malicious_urls)
    raw = {url for one in copies_of(manifest.url, found) for url in one.raw_urls()}
    for sign in ("#r", "utm_source", "safelinks", "/v2/url?u=", "/v3/__", ";Iw!!", "HTTPS://LOGIN"):
        assert any(sign in url for url in raw), sign


def test_the_pdf_comes_under_different_names_subjects_and_senders(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    manifest = lab[1]
    copies = copies_of(manifest.file, found)
    names = {one.attachments()[manifest.malicious_sha256] for one in copies}
    assert names == set(manifest.file.raw_forms)
    assert len(names) == 6
    assert len({str(one.message["Subject"]) for one in copies}) >= 6
