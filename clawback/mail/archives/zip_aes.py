"""Members of zip files that are encrypted as WinZip does it (AE-1 and AE-2).

Written after WinZip's "AES Encryption Information": PBKDF2 with 1,000 rounds of HMAC-SHA-1, AES in
counter mode with a little-endian counter from 1, and ten bytes of HMAC-SHA-1 at the end.
"""

from __future__ import annotations

import bz2
import hashlib
import hmac
import zipfile
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from clawback.mail.archives import coders
from clawback.mail.limits import Stream

AES_METHOD = 99
_EXTRA = 0x9901
_ROUNDS = 1_000
_MAC_BYTES = 10
_CHUNK_BLOCKS = 4_096


class WrongPassword(Exception):
    """The password does not open the member."""


@dataclass(frozen=True, slots=True)
class AesMember:
    """One encrypted member: its bytes, the strength (1 to 3) and how it was packed before."""

    data: bytes
    strength: int
    method: int

    @staticmethod
    def of(content: bytes, info: zipfile.ZipInfo) -> AesMember:
        """The member out of the archive's bytes. Raises ValueError if its header is not sound."""
        at = info.header_offset
        start = at + 30
        for place in (26, 28):
            start += int.from_bytes(content[at + place : at + place + 2], "little")
        extra = _aes_extra(info.extra)
        data = content[start : start + info.compress_size]
        return AesMember(data, extra[4], int.from_bytes(extra[5:7], "little"))

    def opened(self, password: bytes) -> Stream:
        """What was packed, unpacked as it is read. Raises `WrongPassword`."""
        if self.strength not in (1, 2, 3):
            raise ValueError("no such strength")
        salt_bytes, key_bytes = 4 * (self.strength + 1), 8 * (self.strength + 1)
        salt, check = self.data[:salt_bytes], self.data[salt_bytes : salt_bytes + 2]
        keys = hashlib.pbkdf2_hmac("sha1", password, salt, _ROUNDS, 2 * key_bytes + 2)
        if keys[-2:] != check:
            raise WrongPassword
        body = self.data[salt_bytes + 2 : -_MAC_BYTES]
        mac = hmac.new(keys[key_bytes : 2 * key_bytes], body, hashlib.sha1).digest()
        if mac[:_MAC_BYTES] != self.data[-_MAC_BYTES:]:
            raise WrongPassword
        return self._unpacked(coders.stored(_counted(body, keys[:key_bytes])))

    def _unpacked(self, packed: Stream) -> Stream:
        match self.method:
            case zipfile.ZIP_STORED:
                return packed
            case zipfile.ZIP_DEFLATED:
                return coders.deflated(packed)
            case zipfile.ZIP_BZIP2:
                return coders.Inflating(packed, bz2.BZ2Decompressor())
            case _:
                raise coders.UnsupportedCoder("method")


def _aes_extra(extra: bytes) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        kind = int.from_bytes(extra[at : at + 2], "little")
        size = int.from_bytes(extra[at + 2 : at + 4], "little")
        if kind == _EXTRA and size >= 7 and at + 4 + size <= len(extra):
            return extra[at + 4 : at + 4 + size]
        at += 4 + size
    raise ValueError("no AES header")


def _counted(body: bytes, key: bytes) -> bytes:
    """The bytes decrypted; CTR of the library counts in the other direction, so blocks are made here."""
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    pieces: list[bytes] = []
    step = 16 * _CHUNK_BLOCKS
    for start in range(0, len(body), step):
        piece = body[start : start + step]
        first = start // 16 + 1
        blocks = b"".join(
            number.to_bytes(16, "little") for number in range(first, first + _CHUNK_BLOCKS)
        )
        mask = cipher.update(blocks)[: len(piece)]
        mixed = int.from_bytes(piece, "big") ^ int.from_bytes(mask, "big")
        pieces.append(mixed.to_bytes(len(piece), "big"))
    return b"".join(pieces)
