"""Mail whose every visible text attacks whoever shows it, and cases about it.

Everything that a renderer could act on carries the mark `pwned`: an element's id, a variable, a host.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from clawback.lab.delivery import deliver
from clawback.services.context import Context

HOST = "pwned.example"
TEXTS = (
    "<img src=x id=pwned onerror=\"window.pwned='img'\">",
    "<script id=pwned>window.pwned='script'</script>",
    "</script></textarea></title><svg id=pwned onload=\"window.pwned='svg'\">",
    "<iframe id=pwned src=javascript:parent.pwned='iframe'></iframe>",
    '"><a id=pwned href="javascript:window.pwned=\'a\'">click</a>',
    f"[click](http://{HOST}/pwned) ![track](https://{HOST}/pwned.png)",
    "{{ constructor.constructor('window.pwned=1')() }} ${window.pwned=2} #{7*7} <%= 7*7 %>",
    "{{$el.ownerDocument.defaultView.pwned=3}} [[ 7*7 ]] @{7*7}",
    '=HYPERLINK("http://pwned.example","pwned")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*pwned",
    "-2+3+pwned",
    "invoice\u202efdp.exe \u2066left\u2069 \u200e\u200f\u061c pwned",
    "zero\u200bwidth\u200djoin\ufeff\u00ad pwned",
    "Z" + "\u0336\u0337\u0338\u0339\u033a" * 30 + " pwned",
    "`);window.pwned=4;(` \\u003cimg src=x onerror=window.pwned=5\\u003e &lt;b id=pwned&gt;",
    ":onclick=window.pwned=6 v-html=pwned __proto__ constructor",
    "x" * 10_000 + " pwned",
)
"""What stands in subjects, display names, file names and addresses of links."""

FILE = b"MZ a file that nobody opens, but everybody names\n"
SHA256 = hashlib.sha256(FILE).hexdigest()
URL = f"https://{HOST}/<img%20src=x%20id=pwned>?q=\"'><script>window.pwned=7</script>"


def deliver_to(lab: Path, folder: Path, mailboxes: Sequence[str]) -> None:
    """One mail for each text, in the lab's Inboxes; written to `folder` on the way."""
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        mail = _mail(number, text, mailboxes[number % len(mailboxes)])
        (folder / f"{number}.eml").write_bytes(mail)
    assert deliver(lab, folder).delivered == len(TEXTS)


def make_cases(ctx: Context, raise_alert: Callable[[Context, str, str], None]) -> None:
    """An investigation of the file, and one of the link."""
    raise_alert(ctx, SHA256, "a hostile file")
    raise_alert(ctx, URL, "a hostile link <img src=x id=pwned onerror=window.pwned=8>")


def _mail(number: int, text: str, recipient: str) -> bytes:
    mail = EmailMessage()
    line = " ".join(text.split())
    mail["Subject"] = line
    mail["From"] = Address(line[:500], f"sender{number}", HOST)
    mail["To"] = recipient
    sent_at = datetime.now(UTC) - timedelta(minutes=number + 1)
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = f"<{number}.pwned@{HOST}>"
    mail.set_content(f"{text}\n\nhttps://{HOST}/{number}/{line[:200].replace(' ', '%20')}\n{URL}\n")
    mail.add_alternative(f'<p>hello</p><a href="{URL}">open</a>', subtype="html")
    mail.add_attachment(FILE, maintype="application", subtype="octet-stream", filename=line[:300])
    return mail.as_bytes()
