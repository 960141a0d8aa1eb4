"""The mail of the small organisation: messages with the malicious file, the malicious link, both or none."""

from __future__ import annotations

import hashlib

from clawback.core.indicators import parse_file_indicator, parse_url_indicator

FILE = b"%PDF-1.4 an invoice that nobody ordered"
URL = "https://login.parcel.test/track?id=77"
INDICATORS = {
    "file": parse_file_indicator(hashlib.sha256(FILE).hexdigest()),
    "url": parse_url_indicator(URL),
}


def message(serial: int, kinds: tuple[str, ...]) -> bytes:
    """A small message with the file, the link, both or none."""
    link = f"see {URL} today" if "url" in kinds else "nothing to see"
    parts = [f"--b\r\nContent-Type: text/plain\r\n\r\n{link} {serial}\r\n".encode()]
    if "file" in kinds:
        head = b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment;"
        parts.append(head + b' filename="i.pdf"\r\n\r\n' + FILE + b"\r\n")
    top = (
        f"From: sender{serial}@example.org\r\nTo: a@example.com\r\nSubject: note {serial}\r\n"
        f"Message-ID: <{serial}@example.org>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    )
    return top.encode() + b"".join(parts) + b"--b--\r\n"
