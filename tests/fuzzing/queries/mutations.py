"""Changes of queries: of their words and pipelines, and of their letters."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_WORDS = re.compile(r"\s+|'[^'\n]*'|\"[^\"\n]*\"|\w+|.", re.DOTALL)

HOSTILE: tuple[str, ...] = (
    "planted", "canary_variable", "sqlite_master", "duckdb_tables()", "duckdb_settings()",
    "information_schema.tables", "['information_schema.tables']", "['main.planted']", "['{folder}/x.csv']",
    "['{folder}/x.parquet']", "['{folder}/x.duckdb']", "'{folder}/x.csv'", "read_csv('{folder}/x.csv')",
    "read_text('{folder}/x.txt')", "glob('{folder}/*')", "sqlite_scan('{folder}/x.db', 'secrets')",
    "query('SELECT * FROM planted')", "query_table('planted')", "getenv('HOME')", "mirror_base.EmailEvents",
    "current_setting('secret_directory')", "SELECT * FROM planted", "; SELECT * FROM planted", "FROM planted",
    "UNION ALL SELECT secret FROM planted --", "' UNION SELECT secret FROM planted --", "'; DROP TABLE x; --",
    "\" FROM planted --", "\") FROM planted --", "') FROM planted --", "))) FROM planted", "''", "\"\"",
    "'\\''",
    "$$", "$kqlnow", "$1", "?", "E'\\x41'", "/*", "*/", "--", ";", "\\", "\0", "\u202e", "\ud800", "😀",
    "COPY EmailEvents TO '{folder}/out.csv'", "ATTACH '{folder}/new.db'", "PRAGMA x", "SET threads = 1;",
    "set enable_external_access = true;", ".show tables", ".set-or-replace x <|", "LOAD sqlite", "CHECKPOINT",
    "externaldata(s: string) ['{folder}/x.csv']", "evaluate python('x')", "macro-expand", "database('x').",
    "cluster('x').database('main').planted", "union *", "union plan*", "search *", "invoke f()",
    "mirror_delta", "pg_catalog.pg_class", "duckdb_secrets()", "write_log('x')", "nextval('x')",
)  # fmt: skip
"""What should lead nowhere; {folder} is where the canaries are."""

EXTREME: tuple[str, ...] = (
    "0", "-1", "1e308", "-1e308", "9223372036854775807", "9223372036854775808", "1e400", "real(nan)",
    "long(null)", "datetime(null)", "datetime(9999-12-31)", "datetime(0001-01-01)", "1000000d", "-1d", "0s",
    "''", "' '", "dynamic(null)", "dynamic([])", "dynamic({})", "true", "1.5", "@'\\'", "'%'", "'('", "'[a'",
    "'(a+)+$'", "'.{1000}.{1000}'", "strrep('x', 100000000)", "range(1, 100000000)", "rand()", "new_guid()",
    "100000000", "1000000000000", "int(null)", "decimal(1)", "time(1.02:03:04)", "guid(null)",
)  # fmt: skip


class Mutator:
    """Draws changed queries; the same draws give the same queries."""

    def __init__(self, seeds: tuple[str, ...], folder: str) -> None:
        self._seeds = seeds
        self._hostile = tuple(text.replace("{folder}", folder) for text in HOSTILE)
        self._words = tuple(
            dict.fromkeys(word for seed in seeds for word in _WORDS.findall(seed) if word.strip())
        )
        self._stages = tuple(stage for seed in seeds for stage in seed.split("|")[1:])
        self._changes: tuple[Callable[[str, Random], str], ...] = (
            self._word_for_word, self._word_for_word, self._hostile_word, self._hostile_word,
            self._extreme_word, self._extreme_word, self._drop_words, self._swap_words, self._double_words,
            self._another_stage, self._another_stage, self._drop_stage, self._splice, self._nest,
            self._wrap, self._join_seed, self._letters, self._letters, self._cut, self._repeat,
        )  # fmt: skip

        self._gentle: tuple[Callable[[str, Random], str], ...] = (
            self._another_stage, self._another_stage, self._wrap, self._join_seed, self._other_literal,
            self._other_literal, self._other_name, self._drop_stage,
        )  # fmt: skip

    def query(self, dice: Random) -> str:
        """A seed after one to six changes; now and then a hostile text alone.

        Half of them are changed so that they are likely to stay queries, which get far.
        """
        if dice.random() < 0.02:
            return dice.choice(self._hostile)
        text = dice.choice(self._seeds)
        changes = self._gentle if dice.random() < 0.5 else self._changes
        for _ in range(min(6, 1 + int(dice.expovariate(0.7)))):
            text = dice.choice(changes)(text, dice)
        return text[:9_000]

    def _word_for_word(self, text: str, dice: Random) -> str:
        return _replaced(text, dice, dice.choice(self._words))

    def _hostile_word(self, text: str, dice: Random) -> str:
        word = dice.choice(self._hostile)
        if dice.random() < 0.3:
            at = dice.randint(0, len(text))
            return text[:at] + word + text[at:]
        return _replaced(text, dice, word)

    def _extreme_word(self, text: str, dice: Random) -> str:
        return _replaced(text, dice, dice.choice(EXTREME))

    def _other_literal(self, text: str, dice: Random) -> str:
        words = _WORDS.findall(text)
        places = [at for at, word in enumerate(words) if word[0] in "'\"0123456789"]
        if places:
            words[dice.choice(places)] = dice.choice(EXTREME)
        return "".join(words)

    def _other_name(self, text: str, dice: Random) -> str:
        words = _WORDS.findall(text)
        places = [at for at, word in enumerate(words) if word[0].isupper()]
        if places:
            words[dice.choice(places)] = dice.choice([w for w in self._words if w[0].isupper()])
        return "".join(words)

    def _drop_words(self, text: str, dice: Random) -> str:
        words = _WORDS.findall(text)
        at = dice.randrange(len(words) or 1)
        return "".join(words[:at] + words[at + dice.randint(1, 3) :])

    def _swap_words(self, text: str, dice: Random) -> str:
        words = _WORDS.findall(text)
        if len(words) > 1:
            one, other = dice.randrange(len(words)), dice.randrange(len(words))
            words[one], words[other] = words[other], words[one]
        return "".join(words)

    def _double_words(self, text: str, dice: Random) -> str:
        words = _WORDS.findall(text)
        at, length = dice.randrange(len(words) or 1), dice.randint(1, 8)
        return "".join(words[: at + length] + words[at:])

    def _another_stage(self, text: str, dice: Random) -> str:
        stages = text.split("|")
        stages.insert(dice.randint(1, len(stages)), f" {dice.choice(self._stages).strip()} ")
        return "|".join(stages)

    def _drop_stage(self, text: str, dice: Random) -> str:
        stages = text.split("|")
        del stages[dice.randrange(len(stages))]
        return "|".join(stages)

    def _splice(self, text: str, dice: Random) -> str:
        other = dice.choice(self._seeds)
        return text[: dice.randint(0, len(text))] + other[dice.randint(0, len(other)) :]

    def _nest(self, text: str, dice: Random) -> str:
        depth = dice.choice((1, 1, 1, 2, 5, 30, 300))
        words = _WORDS.findall(text)
        at = dice.randrange(len(words) or 1)
        pair = dice.choice(("()", "[]", "{}"))
        function = dice.choice(("", "", "tolower", "not", "tostring", "strlen", "toscalar"))
        inner = "".join(words[at : at + 1])
        words[at : at + 1] = [f"{function}{pair[0]}" * depth, inner, pair[1] * depth]
        return "".join(words)

    def _wrap(self, text: str, dice: Random) -> str:
        form = dice.choice(
            (
                "EmailEvents | where NetworkMessageId in (({})) | count",
                "union ({}), ({})",
                "let X = {}; X | join kind=inner X on NetworkMessageId",
                "let X = () {{ {} }}; X | count",
                "EmailEvents | extend x = toscalar({})",
                "({}) | take 3",
                "{} | as Y | union Y",
                "{}; {}",
            )
        )
        return form.replace("{}", text).replace("{{", "{").replace("}}", "}")

    def _join_seed(self, text: str, dice: Random) -> str:
        kind = dice.choice(
            ("inner", "leftouter", "fullouter", "leftanti", "rightsemi", "innerunique")
        )
        other = dice.choice(self._seeds)
        key = dice.choice(
            ("NetworkMessageId", "EmailDirection", "Timestamp", "EmailSize", "nothing")
        )
        return f"{text} | join kind={kind} ({other}) on {key}"

    def _letters(self, text: str, dice: Random) -> str:
        letters = list(text)
        for _ in range(dice.randint(1, 4)):
            at = dice.randint(0, len(letters))
            letter = chr(dice.choice((dice.randrange(32, 127), dice.randrange(1, 0x3000))))
            letters[at : at + dice.randint(0, 1)] = [letter]
        return "".join(letters)

    def _cut(self, text: str, dice: Random) -> str:
        start = dice.randint(0, len(text))
        return text[:start] + text[start + dice.randint(1, 20) :]

    def _repeat(self, text: str, dice: Random) -> str:
        start = dice.randint(0, len(text))
        piece = text[start : start + dice.randint(1, 40)]
        return text[:start] + piece * dice.choice((2, 3, 10, 100)) + text[start:]


def _replaced(text: str, dice: Random, word: str) -> str:
    """`text` with one of its words replaced."""
    words = _WORDS.findall(text)
    places = [at for at, each in enumerate(words) if each.strip()]
    if not places:
        return word
    words[dice.choice(places)] = word
    return "".join(words)
