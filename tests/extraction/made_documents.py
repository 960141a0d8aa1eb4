"""Documents that hide a link, for the extraction tests; none of them needs a program to be made."""

from __future__ import annotations

import base64
import io
import plistlib
import zipfile
from collections.abc import Mapping

LINK = "https://evil.example/in?id=7&to=x"
ENTITY = LINK.replace("&", "&amp;")


def opc(members: Mapping[str, str | bytes]) -> bytes:
    """An Office package with these parts."""
    return _package(
        {"[Content_Types].xml": "<Types/>", "_rels/.rels": "<Relationships/>", **members}
    )


def odf(members: Mapping[str, str | bytes]) -> bytes:
    """An OpenDocument package with these parts."""
    return _package(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": "<manifest/>",
            **members,
        }
    )


def _package(members: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def relationship(target: str, kind: str = "hyperlink") -> str:
    """One external relationship."""
    return f'<Relationship Id="r" Type="x/{kind}" Target="{target}" TargetMode="External"/>'


def profile(*, binary: bool = False) -> bytes:
    """A configuration profile whose web clip leads to the link."""
    clip = {"PayloadType": "com.apple.webClip.managed", "URL": LINK, "Icon": b"\x89PNG"}
    kind = plistlib.FMT_BINARY if binary else plistlib.FMT_XML
    return plistlib.dumps({"PayloadContent": [clip]}, fmt=kind)


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = (size.bit_length() + 7) // 8
    return bytes([tag, 0x80 | length]) + size.to_bytes(length, "big") + content


_SIGNED = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")


def signed(content: bytes) -> bytes:
    """A signed envelope in DER, without signers: nobody checks them."""
    inner = _tlv(0x30, _DATA + _tlv(0xA0, _tlv(0x04, content)))
    body = _tlv(0x02, b"\x01") + _tlv(0x31, b"") + inner + _tlv(0x31, b"")
    return _tlv(0x30, _SIGNED + _tlv(0xA0, _tlv(0x30, body)))


def signed_in_pieces(content: bytes, size: int = 50) -> bytes:
    """The same in BER, as encoders write it that stream: no sizes outside, the content in pieces."""
    pieces = b"".join(
        _tlv(0x04, content[start : start + size]) for start in range(0, len(content), size)
    )
    end = b"\0\0"
    inner = b"\x30\x80" + _DATA + b"\xa0\x80" + b"\x24\x80" + pieces + end + end + end
    body = _tlv(0x02, b"\x01") + _tlv(0x31, b"") + inner + _tlv(0x31, b"")
    return b"\x30\x80" + _SIGNED + b"\xa0\x80\x30\x80" + body + end + end + end


def armoured(content: bytes) -> bytes:
    """A signed envelope as PEM."""
    return b"-----BEGIN PKCS7-----\n" + base64.encodebytes(content) + b"-----END PKCS7-----\n"
