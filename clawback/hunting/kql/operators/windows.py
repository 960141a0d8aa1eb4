"""Functions that read other rows: the order of the rows is that of the last sort."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from clawback.hunting.kql.pipelines import is_mark, is_name
from clawback.hunting.kql.tokens import Token

WINDOW_FUNCTIONS = ("row_number", "prev", "next", "row_cumsum", "row_rank_dense", "row_rank_min")


def has_window(tokens: Sequence[Token]) -> bool:
    """Whether one of the functions is called in `tokens`."""
    return any(
        is_name(token, *WINDOW_FUNCTIONS) and is_mark(following, "(")
        for token, following in pairwise(tokens)
    )
