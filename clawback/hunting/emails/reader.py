"""Analyzed emails out of the mirror: implements `EmailReader`."""

from __future__ import annotations

from clawback.errors import NotFound, QueryStopped, StopReason
from clawback.hunting.emails.rows import emails_in
from clawback.hunting.emails.statements import (
    Statement,
    count_statement,
    one_statement,
    page_statement,
)
from clawback.hunting_ports import HuntEngine
from models.analyzed_emails import AnalyzedEmail, EmailMark, EmailPage, EmailQuestion
from models.hunting import HuntLimits, HuntResult


class MirrorEmails:
    """Reads through an engine, under its limits."""

    def __init__(self, engine: HuntEngine) -> None:
        self._engine = engine

    def page(
        self,
        question: EmailQuestion,
        limits: HuntLimits,
        *,
        limit: int,
        skip: int = 0,
        after: EmailMark | None = None,
    ) -> EmailPage:
        """See `EmailReader.page`."""
        statement = page_statement(question, after=after, skip=skip, limit=limit + 1)
        found = list(emails_in(self._read(statement, limits)))
        shown = found[:limit]
        return EmailPage(
            tuple(email for _, email in shown), shown[-1][0] if len(found) > limit else None
        )

    def one(self, report_id: str, limits: HuntLimits) -> AnalyzedEmail:
        """See `EmailReader.one`."""
        for _, email in emails_in(self._read(one_statement(report_id), limits)):
            return email
        raise NotFound("there is no analyzed email with this id")

    def count(self, question: EmailQuestion, limits: HuntLimits) -> int:
        """See `EmailReader.count`."""
        [[number]] = self._read(count_statement(question), limits).rows
        return int(str(number))

    def _read(self, statement: Statement, limits: HuntLimits) -> HuntResult:
        sql, parameters = statement
        result = self._engine.read(sql, parameters, limits)
        if result.truncated:
            raise QueryStopped("the page is too large: ask for fewer at once", StopReason.MEMORY)
        return result
