"""The passwords that may open a file of a message: those that its text names, then the usual ones."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

ARCHIVE_PASSWORD = "archive:password"
"""`opened_from` of what only a password of an archive revealed."""

MAX_NAMED = 24  # candidates out of the message's text
_MAX_TEXT_CHARS = 200_000
_MAX_MENTIONS = 40
_MAX_PASSWORD_CHARS = 64

# What exchanges of samples use (infected, malware), and what people choose first.
USUAL = (
    *("infected", "malware", "1234", "123456", "password", "12345", "123", "12345678"),
    *("123456789", "1111", "0000", "1234567890", "Password", "password123", "Password1"),
    *("abc123", "qwerty", "admin", "virus", "invoice", "test", "secret"),
)

_NAMES = re.compile(
    # Latin script: whole words, or the beginning of one where a language bends it.
    r"(?:(?<![^\W_])(?:pass(?:word|code|phrase|wort|ord)?s?|pwd?|kennwort|zugangscode|mot\s+de\s+passe"
    r"|mdp|code(?:\s+d['’]acc[eè]s)?|contrase[nñ]a|clave|senha|palavra[\s-]passe|parola|chiave"
    r"|wachtwoord|(?:l[oö]sen|pass)ord(?:et)?|(?:adgangs)?kode(?:n|ord(?:et)?)?|salasana"
    r"|has[lł]o|heslo|jelsz[oó]|parol[aă]|[sş]ifre(?:si)?"
    r"|lozinka|parool|m[aậ]t\s+kh[aẩ]u|kata\s+sandi|pin|key|kod|парол[ьяюе]м?|код|κωδικ[οό]ς"
    r"|סיסמה|सांकेतिक|पासवर्ड)(?![^\W\d_])"
    # Scripts that put no blank between words.
    r"|パスワード|暗証番号|密码|密碼|口令|解压码|비밀번호|암호|كلمة\s+(?:المرور|السر)|รหัสผ่าน)",
    re.IGNORECASE,
)
_AFTER = 120  # characters after the word in which the password is looked for
_MARKED = re.compile(r"[:=：＝→]\s*|\s[-–—]\s+")
_QUOTED = re.compile(r"[\"'`«„“”‘’「『【(\[]\s*([^\s\"'`«»„“”‘’「」『』【】()\[\]]{1,64})")
_LINKING = frozenset(
    {"is", "are", "was", "will", "be", "to", "the", "for", "of", "this", "file", "archive", "zip"}
    | {
        "attachment",
        "document",
        "ist",
        "lautet",
        "für",
        "die",
        "der",
        "das",
        "datei",
        "est",
        "pour",
    }
    | {"le", "la", "les", "du", "de", "fichier", "es", "para", "el", "archivo", "del", "é", "do"}
    | {"da", "o", "a", "per", "il", "è", "от", "архива", "к", "для", "файла", "jest", "je", "это"}
)
_TRAILING = ".,;:!?。、，；！？\"'`»“”’」』】)]>"
_LEADING = "\"'`«„“‘「『【([<"
_WITHIN_WORD = re.compile(
    r"(?<=\w)(?:</?(?:b|i|u|s|em|strong|span|font|small|big|wbr)\b[^<>]{0,500}>){1,8}(?=\w)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]{0,2000}>")
# A word in a script that runs on: "パスワードは1234です" has no blank around the password.
_ASCII_RUN = re.compile(r"[!-~]{3,64}")


class Passwords:
    """The candidates of one message, worked out when a reader first asks for them."""

    __slots__ = ("_candidates", "_texts")

    def __init__(self, texts: Callable[[], Iterable[str]] = tuple) -> None:
        self._texts = texts
        self._candidates: tuple[str, ...] | None = None

    def candidates(self) -> tuple[str, ...]:
        """Distinct passwords, the likeliest first; at most a few dozen."""
        if self._candidates is None:
            named = passwords_in(self._texts())
            self._candidates = tuple(dict.fromkeys((*named, *USUAL)))
        return self._candidates


USUAL_PASSWORDS = Passwords()


def passwords_in(texts: Iterable[str]) -> tuple[str, ...]:
    """What the texts call a password, in a dozen languages; at most `MAX_NAMED`.

    A guess costs one trial, so whatever stands behind the word counts; marked ones come first.
    """
    ranked: dict[str, int] = {}
    for text in texts:
        for plain in _plain(text[:_MAX_TEXT_CHARS]):
            for rank, word in _near_names(plain):
                if 0 < len(word) <= _MAX_PASSWORD_CHARS:
                    ranked[word] = min(rank, ranked.get(word, rank))
    return tuple(sorted(ranked, key=lambda word: ranked[word]))[:MAX_NAMED]


def _plain(text: str) -> Iterator[str]:
    """The text without tags; also as it reads where tags that only set type stand within a word."""
    if "<" not in text:
        yield text
        return
    yield html.unescape(_TAG.sub(" ", text))
    if _WITHIN_WORD.search(text):
        yield html.unescape(_TAG.sub(" ", _WITHIN_WORD.sub("", text)))


def _near_names(text: str) -> Iterator[tuple[int, str]]:
    """Each candidate with its rank: 0 after a colon, 1 in quotes, 2 a word with a digit, 3 others."""
    for number, name in enumerate(_NAMES.finditer(text)):
        if number >= _MAX_MENTIONS:
            return
        window = text[name.end() : name.end() + _AFTER]
        if mark := _MARKED.search(window, 0, 60):
            rest = window[mark.end() :].strip()
            line = rest.partition("\n")[0].strip()
            first = next(iter(line.split()), "")
            yield from ((0, first), (0, first.rstrip(_TRAILING).lstrip(_LEADING)))
            yield from ((1, line), (1, line.rstrip(_TRAILING).lstrip(_LEADING)))
        for quoted in _QUOTED.finditer(window):
            yield 1, quoted[1]
        for run in list(_ASCII_RUN.finditer(window))[:2]:
            yield 2 if any(c.isdigit() for c in run[0]) else 3, run[0].rstrip(_TRAILING)
        for word in window.split()[:8]:
            bare = word.strip(_TRAILING + _LEADING)
            if bare and bare.lower() not in _LINKING:
                yield 2 if any(c.isdigit() for c in bare) else 3, bare
