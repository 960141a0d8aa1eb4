"""Why a message is in a cluster, and what an analyst sees of the cluster, in every command."""

from __future__ import annotations

from email.message import EmailMessage

from cli_stage import Stage
from prefect_double import PrefectDouble

from clawback.core.showing import inert

WRAPPED = (
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2FEvil.example%2Fa%23frag"
)
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture that everybody sends " * 4


def _put(stage: Stage, mail: EmailMessage, number: int, name: str) -> None:
    path = stage.mailbox(number) / "new" / f"1794000000.M1P1Q1.{name}"
    path.write_bytes(mail.as_bytes())


def _mail(text: str = "", html: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "sender@elsewhere.example"
    mail["Subject"] = "a subject"
    mail.set_content(text or "nothing")
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def test_each_message_says_part_raw_form_wrapper_and_whether_it_is_the_same_mail(
    stage: Stage,
) -> None:
    wrapped = _mail(html=f'<p><a href="{WRAPPED}">x</a> <a href="https://evil.example/a">y</a></p>')
    _put(stage, wrapped, 0, "one")
    _put(stage, wrapped, 1, "two")
    _put(stage, _mail("see HTTP://evil.example/b and https://evil.example/a#you"), 2, "three")

    found = stage.json("find", "--url", "hxxps://evil[.]example/a", "--sync").line
    by_box = {message["mailbox"]: message for message in found["messages"]}
    first, second, third = (by_box[stage.manifest["mailboxes"][n]] for n in range(3))

    assert first["match"]["raw"] == WRAPPED
    assert first["match"]["part"] == "2"
    assert first["match"]["opened_from"].startswith("https://eur01.safelinks.protection")
    assert first["match"]["places"] == 2
    assert "opened from hxxps://eur01[.]safelinks" in first["why"]
    assert (first["duplicate_of"], second["duplicate_of"]) == (None, first["copy_id"])
    assert second["why"].endswith("; the same mail as another message here")
    assert third["match"]["raw"] == "https://evil.example/a#you"
    assert third["match"]["opened_from"] is None
    assert third["why"] == "link in Body, part 1, written hxxps://evil[.]example/a?…"
    for message in found["messages"]:
        assert "http:" not in message["why"]
        assert "https:" not in message["why"]


def test_people_see_the_reason_of_each_message_on_demand_and_the_most_frequent_ones_always(
    stage: Stage,
) -> None:
    stage.monkeypatch.setenv("COLUMNS", "400")
    plain = stage.run("find", "--url", stage.url).out
    assert "Why" in plain
    assert "link in Body" in plain
    detailed = stage.run("find", "--url", stage.url, "--why").out
    assert detailed.count("written hxxps") > plain.count("written hxxps")
    assert "https://" not in detailed


def test_a_malicious_file_that_is_a_logo_is_seen_to_be_one(stage: Stage) -> None:
    for number in range(2):
        mail = _mail()
        mail.replace_header("From", f"someone@{number}.example")
        mail.add_attachment(PNG, maintype="application", subtype="pdf", filename="logo.pdf")
        _put(stage, mail, number, "logo")
    path = stage.write("logo.png", PNG)

    line = stage.json("find", "--file", path, "--sync").line
    known = len(stage.manifest["mailboxes"])
    said = line["explanation"]

    assert said["file_types"] == [{"name": "png", "mails": 2}]
    assert said["file_names"] == [{"name": "logo.pdf", "mails": 2}]
    assert (said["mailboxes"], said["known_mailboxes"]) == (2, known)
    assert said["organisation_share"] == round(2 / known, 4)
    assert (said["senders"], said["subjects"]) == (2, 1)
    assert said["first_seen_at"] <= said["last_seen_at"]
    assert any("image (png)" in rule["reason"] for rule in line["decision"]["hits"])
    shown = stage.run("find", "--file", path).out
    for words in (f"2 mailboxes of the {known} known", "png (2)", "logo.pdf (2)", "2 senders"):
        assert words in shown


def test_an_investigation_and_an_action_explain_their_cluster_and_their_messages(
    stage: Stage, prefect: PrefectDouble
) -> None:
    line = stage.json("investigate", "--sha256", stage.sha256, "--wait").line
    [cluster], [action] = line["clusters"], line["actions"]
    assert len(cluster["members"]) == cluster["messages"]
    assert {member["why"].partition(" of")[0] for member in cluster["members"]} == {"pdf file"}
    assert cluster["explanation"]["file_types"][0]["name"] == "pdf"

    whole = stage.json("actions", str(action["id"])).line
    assert whole["explanation"] == cluster["explanation"]
    assert whole["messages"]
    assert all(message["why"].startswith("pdf file of") for message in whole["messages"])

    for command in (("investigations", str(line["id"])), ("actions", str(action["id"]))):
        shown = stage.run(*command).out
        assert "known (" in shown
        assert "pdf (" in shown
        assert "senders" in shown


def test_what_a_message_wrote_is_inert_in_every_reason(stage: Stage) -> None:
    name = "\x1b]0;owned\x07[bold]x[/bold]\u202egpj.exe"
    mail = _mail()
    mail.add_attachment(
        b"%PDF-1.4 harmless enough", maintype="application", subtype="pdf", filename=name
    )
    _put(stage, mail, 0, "hostile")
    path = stage.write("hostile.pdf", b"%PDF-1.4 harmless enough")
    shown = stage.run("find", "--file", path, "--sync", "--why")
    assert shown.code == 0
    assert inert("[bold]") in shown.out
    for forbidden in ("\x1b", "\x07", "\u202e", "[bold]"):
        assert forbidden not in shown.out
        assert forbidden not in stage.json("find", "--file", path).line["messages"][0]["why"]
