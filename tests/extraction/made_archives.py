"""Archives for the extraction tests: some as every program writes them, some as only an enemy does."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import hmac
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

LINK = "https://evil.example/in?id=7&to=x"
PAGE = b'<html><body><a href="https://evil.example/in?id=7&amp;to=x">go</a></body></html>'
MEMBERS = {"page.html": PAGE, "empty.txt": b"", "dir/second.txt": b"second " * 300}
OTHER_PASSWORD = "Zz-19!ünk"

# The members above, written once with py7zr 1.1.4: another hand than ours made them. The passwords
# are "infected" and, for the last, the one above.
SEVENZIP = {
    "lzma2": (
        "N3q8ryccAAQlLuod+wAAAAAAAAAWAAAAAAAAADIMilfgCIMAX10AHhoKhu9K1xklGXCsurTocjT13JwS1RGxw3BQ"
        "OgWj0WZyqSMAsc8Cr23136rQPhuQbUz05NY+eWWlitzgEDWFW2iwVUPam3NTkSJaWN6f3j8GausFIHSwB9218Pub"
        "AAAA4ACyAIxdAACBMweuD9PqNr1Au5RkHH7rYmP2uZeSKuJBCj+1AdwpHrd169hg1cSdI5YIcnsinh2u7ijY+Xht"
        "uQJZVG5OXisckkjA0GW8xV5uR3JwR8NSaF693TmOUnpFSrMy+9/9CcBRi7eIr0uMHxC8HI9tdfaVDUfuFkHa+x56"
        "pSnZFMkzleVEpkIvYC4BwgAAABcGZwEJgJQABwsBAAEhIQEYDICzAAA="
    ),
    "lzma1": (
        "N3q8ryccAASutLoz9QAAAAAAAAAWAAAAAAAAAC1sSVwAHhoKhu9K1xklGXCsurTocjT13JwS1RGxw3BQOgWj0WZy"
        "qSMAsc8Cr23136rQPhuQbUz05NY+eWWlitzgEDWFW2iwVUPam3NTkSJaWN6f3j8GausFIHSwB9218Xmib///yYzA"
        "AOAArgCIXQAAgTMHrg/T0Gg9QMCQ00PE4fnoUdV3+A1nyhSO5LVYjDSHE6JCOeyVo0IUQZAj5dH7TKRQbSad2oMq"
        "idbgf3YWUbxHPLsMBlsFpeh4R8urbx8FMb/TSQbj0F8vQ7qsnNLzN89E+8wv257ShtREBDFmFRURRJ5VjNbMhxa2"
        "/tiKESWMN11NwAAAABcGZQEJgJAABwsBAAEhIQEYDICvAAA="
    ),
    "bzip2": (
        "N3q8ryccAAT95ZPvEQEAAAAAAAAXAAAAAAAAAIIcIIpCWmg5MUFZJlNZmqG12AAAn5mAUQGAn7/n3WAgAGgyUAGa"
        "TEaDEBFVHpqbUaaY1DQZiOahIIIHrM5atDEhhSc4ALJbnfBXpRXRjZa8AkQiCiG2BLQFEKS1lOeEfH20Mamtj2Xa"
        "AohW6hUFEJELdclEQzgWjznTlucC7kinChITVDa7AOAAqgCGXQAAgTMHrg/VL7h11mwpH0dLv0OVCH5nlASijjdT"
        "4vEzDLUhASPMgx1yIsVrJ09wz+4RCkryu6EN79eeCS+YyR67amdjOd0s1H1K2kbpkvKDw6gHiHSj8zFpfDH5tEDg"
        "t3xVDYiNupHSq4IXtf5EJtYhD8IhxQiT5LDsYZwxDVGSGkZq4AAAAAAXBoCDAQmAjgAHCwEAASEhARgMgKsAAA=="
    ),
    "deflate": (
        "N3q8ryccAASLSL/q5QAAAAAAAAAWAAAAAAAAACibzIHtzDsOgCAQRdGtEAtLpzTRAdeCMgoJvwgxunuN9q5gqpNb"
        "vIe2Bq9wTuZSqIXdaZWNrTWXAYAO5zs6dciewMXJGdm3T401ybNRW0LQCuEbw/tUaEnRCIZhGIZhmF9u4ACmAH9d"
        "AACBMweuD9N2FX1AwJDO5csynxqLY/GqE+LKKSGY0Q8diZfwEY3JxlH3Lw9/8Nsx4h+e+9DLUBgtj4w/E+/3wDmd"
        "2AZ2uzzIsbQq3d3fckfo5SE6oRjCg0WUd2NmOtua/tOsC8o1TFzZ8PC5uro0aSdJlinwHUSA2DtvUc+AAAAAFwZe"
        "AQmAhwAHCwEAASEhARgMgKcAAA=="
    ),
    "x86 and lzma1": (
        "N3q8ryccAASmlB8O+QAAAAAAAAAWAAAAAAAAAL56RJ0AHhoKhu9K1xklGXCsurTocjT13JwS1RGxw3BQOgWj0WZy"
        "qSMAsc8Cr23136rQPhuQbUz05NY+eWWlitzgEDWFW2iwVUPam3NTkSJaWN6f3j8GausFIHSwB9218Xmib///yYzA"
        "AOAAsgCMXQAAgTMHrg/T0Gg9QLuUZC1pJjId6+9G2jDOEpdWWFVDmQY8iDxE6MXti6WG2SbxKZcuUjYrnFVB1gKX"
        "2P67FJtJmJkNkMFxWlk1SWOFhi5Q5ioAbzGMQfasuHO9O5t4E/9l0+SAwT/FOt5LklxKkEap1r4oOXIF4Xl7wBt7"
        "RtHjYqzHn3g4bF0aqAAAAAAXBmUBCYCUAAcLAQABISEBGAyAswAA"
    ),
    "delta": (
        "N3q8ryccAARiKrGhBQEAAAAAAAAWAAAAAAAAAGnVA3TgCIMAal0AHgr9m7Btc+LVqknge96uQkViUFwaxWkuyiJ4"
        "9/9ytjp6ByWFWUw2oJXeTYzPfGL1xvexyqBu8x62FKqux8alvApF0gMlJa8JUpkY2qY93uvqIaURRxU4eW4lJjz5"
        "91rhxUIJFcds67VdAADgAK4Ai10AAIEzB64P1HgnLUIQ+iJr+bm9+SlLvY61qF/SlZRbs5xM3+4GIpqqLyzKI0SQ"
        "MwodaaeEWS/tw+RRQrkxxdQJ/08s33uB8fOTPyHw1oNV5edF57kPUx6wDGRgKRSMOOYblI+yTmvalng8vcKxZRYL"
        "GeQmBULpAzu7ROtLzHYAWT11NWkk2eteNAAAAAAXBnIBCYCTAAcLAQABISEBGAyArwAA"
    ),
    "ppmd": (
        "N3q8ryccAASmaewS2wAAAAAAAAAWAAAAAAAAAJnbqpsAPC42CepSeLzCMpTTcSwh3DYeu0FMJqBTa1j7KTBrUYMG"
        "Z5rHepkIRDxw6f6sauwq+KfOWe4OCebiKfPi1k7uvAs0P+eYGgEJogAAAADgAK4AhV0AAIEzB64P0qehfUDAkNND"
        "xSotA6NXNEhwXWsCu0ql8ey2YF0FTLHcB/vN6OjNmRk+L8HEUCtaR5G08B4M2XGsDk8W+7iG1ICuCqzQlRrlhL7n"
        "tLqDaFZ09k91R89RhR3tRZ3J1DPjHTZ9VbQ9fsOu1DAHgZfdDUNBMMjei3Qbb3kE1QAAAAAXBk4BCYCNAAcLAQAB"
        "ISEBGAyArwAA"
    ),
    "aes": (
        "N3q8ryccAARFQ6yZHgEAAAAAAAAWAAAAAAAAAKPHQQlQQ3TPq69IzVr0LPfdLg7MAYLeIx8wj25bw8kEtt4OIryE"
        "QpksLCov40CKKXdi6S9FMw2jQICoguF10b9knSMHlIR7XtUGdsQ5Gnyk9+qIQ1U8y4juI7vYvIKKK3efkCRz7X5l"
        "ic4W5GiBrrpB7GoF4ADKAKZdAACBMweuD9Reml8QZdZQzfKA1To/JpQha8T2Vk7LBufWbh+qi0qk/0/FSAJP5eBh"
        "K2w4kzq1K62sd2FuD3DL41bmWvpd/cSp5vTmXXQyrPl6U+ocYf8H5iLIWkZBJb6aNX+mbaRB9w7ZhezIn6IG+F3b"
        "5iLC+ITj2WTqs7VzuMfioK+k65awsTz0OURx1GIMHml7m4TMB+fI2kEdJT+Fb23B0T4AAAAAFwZwAQmArgAHCwEA"
        "ASEhARgMgMsAAA=="
    ),
    "aes, header too": (
        "N3q8ryccAAROE25yQAEAAAAAAAAqAAAAAAAAAEzmz/qLHuBjK4O0lsLGoJ1gy/0vNArCiscFq4bIFSDfij8aygY5"
        "XkrBUC7MV0vQEbOYhqDjCvPKWiMypLWVjne76GvXeGzt+dxrbOG/ehRX+aT3Sdh4TK3IVBpbVF8J1gkZpkozTh4J"
        "E6/Jf4e9V7jDqAOiiBIL8pXNZDRv4N61sfV2hA5fFsZto7ieCt6hlkIpOlq1QHhmwL9HKTt6EeK3ry+Ae4CwoH/V"
        "HGJ4hTqNDxHxjUGm4K1Qx5K1wqAyXRL49rMEf6SaY/WTPokkY6HWUlmXqocZ/b4d1/qKIbPSSfzuxzN2kU1lFjpI"
        "43uV0UH8gN4ATcxg5ilVoZfBy8YDC6E6wLUqqBUs6liG/6H4IsgeUcJTpW3xvj3fXhHf5rgebAODLvROPbg0sWGo"
        "zWTaVsqOLkcScoyqgFXQlA7jKWlgfxcGcAEJgNAABwsBAAEkBvEHARJTD1wSlWGRwSUkQR5EXZjaWEkMgMsAAA=="
    ),
    "aes, another password": (
        "N3q8ryccAAS6P7EdQAEAAAAAAAAqAAAAAAAAABjOs/37vXEqYUfjQeWZXqiQHVhFXlHOjWHY6MCaseuX35qSXDCo"
        "7PtemcmxUYptMp1nUlBrG+Cs3gTG9TXXybrjg9P9Nw+9U/7UdFjz0PvkzgANTWFSRM85IyA4vuPFvw3rcxr2IXUC"
        "kZJQrQz9kHRYnqcxPCN0EPFxBR1nGuDddteNhHlKQCHYy5vsh3mZMvjeLol0xnRT4jGdMtYN3eBSS6j+OEZsod2x"
        "xzzJUlUk826NURijuhrpEfEwYNqclVfQtXxaJp3/mgZh0Ah3t476kSRMj5hKkT2w86v8Y5OG88wHo29FcDzDUSZp"
        "TX/V5IJaL5Ml1KvYecH84AjSlJzD3sXFudQ/qisp2mWU0MameWLfbkQSh4BEi+VLiKH9QjHAG6wxZ2uYTHa5euTg"
        "byFnxEMm5Dq7odzPBkOsznxBcIrmKhcGcAEJgNAABwsBAAEkBvEHARJTD9f5ahSyWFfy9hiMcEVm5OUMgMsAAA=="
    ),
}


def sevenzip(name: str) -> bytes:
    """One of the archives above."""
    return base64.b64decode(SEVENZIP[name])


def tar(members: Mapping[str, bytes] = MEMBERS, *, kind: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of the members, in one of the three formats."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def tar_of(*entries: tarfile.TarInfo) -> bytes:
    """A tar of entries without content: links, devices, directories."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry in entries:
            archive.addfile(entry)
    return buffer.getvalue()


PACKERS = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def plain_zip(members: Mapping[str, bytes] = MEMBERS, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def classic_zip(
    members: Mapping[str, bytes], password: str, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A zip in the cipher of PKZIP 2, as APPNOTE.TXT 6.1 describes it."""
    return _encrypted_zip(
        members, lambda data, crc: _classic(data, crc, password.encode()), method, b""
    )


def packed_as(content: bytes, method: int) -> bytes:
    """What a zip holds of a member that is packed in this way."""
    data = plain_zip({"x": content}, method)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data[31 : 31 + archive.infolist()[0].compress_size]


def aes_zip(members: Mapping[str, bytes], password: str) -> bytes:
    """A zip encrypted as WinZip does it: AE-2, AES-256, deflated."""
    extra = bytes.fromhex("0199 0700 0200 4145 03 0800")
    return _encrypted_zip(members, lambda data, _: _winzip(data, password.encode()), 99, extra)


def _encrypted_zip(members, encrypt, method: int, extra: bytes) -> bytes:  # type: ignore[no-untyped-def]
    body, directory = b"", b""
    for name, content in members.items():
        packed = packed_as(content, zipfile.ZIP_DEFLATED if method == 99 else method)
        crc = zlib.crc32(content) if method != 99 else 0
        data = encrypt(packed, zlib.crc32(content))
        head = (
            b"\x14\0\x01\0"
            + method.to_bytes(2, "little")
            + b"\0\0\x21\x5c"
            + crc.to_bytes(4, "little")
        )
        head += len(data).to_bytes(4, "little") + len(content).to_bytes(4, "little")
        head += len(name.encode()).to_bytes(2, "little") + len(extra).to_bytes(2, "little")
        directory += b"PK\x01\x02\x14\0" + head + bytes(10) + len(body).to_bytes(4, "little")
        directory += name.encode() + extra
        body += b"PK\x03\x04" + head + name.encode() + extra + data
    count = len(members).to_bytes(2, "little")
    end = len(directory).to_bytes(4, "little") + len(body).to_bytes(4, "little") + b"\0\0"
    return body + directory + b"PK\x05\x06\0\0\0\0" + count + count + end


_CRC = [0] * 256
for _number in range(256):
    _value = _number
    for _ in range(8):
        _value = (_value >> 1) ^ 0xEDB88320 if _value & 1 else _value >> 1
    _CRC[_number] = _value


def _classic(data: bytes, crc: int, password: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]

    def mix(byte: int) -> None:
        keys[0] = (keys[0] >> 8) ^ _CRC[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ _CRC[(keys[2] ^ (keys[1] >> 24)) & 0xFF]

    for byte in password:
        mix(byte)
    out = bytearray()
    for byte in bytes(11) + bytes([crc >> 24]) + data:
        temporary = keys[2] | 2
        out.append(byte ^ (((temporary * (temporary ^ 1)) >> 8) & 0xFF))
        mix(byte)
    return bytes(out)


def _winzip(data: bytes, password: bytes) -> bytes:
    salt = bytes(range(16))
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, 1_000, 66)
    out = bytearray()
    for start in range(0, len(data), 16):
        block = (start // 16 + 1).to_bytes(16, "little")
        mask = Cipher(algorithms.AES(keys[:32]), modes.ECB()).encryptor().update(block)
        out += bytes(a ^ b for a, b in zip(data[start : start + 16], mask, strict=False))
    mac = hmac.new(keys[32:64], bytes(out), hashlib.sha1).digest()[:10]
    return salt + keys[64:] + bytes(out) + mac
