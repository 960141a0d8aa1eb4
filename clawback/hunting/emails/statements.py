"""The statements that read analyzed emails from the mirror: one each, so that one process answers it."""

from __future__ import annotations

from clawback.hunting.emails.conditions import condition_sql, moment_sql
from models.analyzed_emails import EmailMark, EmailQuestion

Statement = tuple[str, list[object]]

# What a list of structures holds is told apart by its content: copies of one message say the same.
_DETAILS = """
, wanted AS MATERIALIZED (
    SELECT copies.*, page.first FROM EmailEvents AS copies JOIN page USING (ReportId)
), files AS (
    SELECT ReportId, list_sort(list(DISTINCT struct_pack(
        name := FileName, extension := FileExtension, type := FileType, sha256 := SHA256,
        size := FileSize, threats := ThreatTypes))) AS files
    FROM EmailAttachmentInfo SEMI JOIN page USING (ReportId) GROUP BY ReportId
), links AS (
    SELECT NetworkMessageId, list_sort(list(DISTINCT Url)) AS links
    FROM EmailUrlInfo SEMI JOIN wanted USING (NetworkMessageId) GROUP BY NetworkMessageId
), changes AS (
    SELECT ReportId, list(struct_pack(
        at := Timestamp, action := Action, kind := ActionType, trigger := ActionTrigger,
        result := ActionResult) ORDER BY Timestamp) AS changes
    FROM EmailPostDeliveryEvents SEMI JOIN page USING (ReportId) GROUP BY ReportId
), raised AS (
    SELECT actions.EmailClusterId, list_sort(list(DISTINCT cases.AlertId)) AS alerts
    FROM RemediationActions AS actions JOIN Investigations AS cases USING (InvestigationId)
    WHERE actions.EmailClusterId IN (SELECT EmailClusterId FROM wanted) GROUP BY ALL
)
SELECT first, Timestamp, ReportId, NetworkMessageId, InternetMessageId, SenderFromAddress,
    SenderDisplayName, SenderFromDomain, SenderMailFromAddress, SenderMailFromDomain, SenderIPv4,
    RecipientEmailAddress, RecipientDomain, Subject, EmailDirection, DeliveryLocation,
    LatestDeliveryLocation, EmailLanguage, EmailSize, ThreatTypes, DetectionMethods,
    wanted.EmailClusterId, OrgLevelPolicy, Cc, AuthenticationDetails, files.files, links.links,
    changes.changes, raised.alerts
FROM wanted LEFT JOIN files USING (ReportId) LEFT JOIN links USING (NetworkMessageId)
    LEFT JOIN changes USING (ReportId) LEFT JOIN raised USING (EmailClusterId)
ORDER BY first DESC, ReportId DESC, Timestamp, CAST(AdditionalFields->>'CopyId' AS BIGINT)
"""


def page_statement(
    question: EmailQuestion, *, after: EmailMark | None, skip: int, limit: int
) -> Statement:
    """The copies of up to `limit` emails, those of an email together, in the order of the list.

    A copy later than the mark cannot be the first of an email behind it, so most of the table need not
    be grouped again for each page.
    """
    where, parameters = _where(question)
    having = ""
    if after is not None:
        where += " AND Timestamp <= ?"
        having = "HAVING (min(Timestamp), ReportId) < (?, ?)"
        parameters += [moment_sql(after.at), moment_sql(after.at), after.id]
    parameters += [limit, skip]
    page = (
        f"WITH page AS MATERIALIZED (SELECT ReportId, min(Timestamp) AS first FROM EmailEvents WHERE {where} "
        f"GROUP BY ReportId {having} ORDER BY first DESC, ReportId DESC LIMIT ? OFFSET ?)"
    )
    return page + _DETAILS, parameters


def one_statement(report_id: str) -> Statement:
    """The copies of one email."""
    page = (
        "WITH page AS MATERIALIZED (SELECT ReportId, min(Timestamp) AS first FROM EmailEvents "
        "WHERE ReportId = ? GROUP BY ReportId)"
    )
    return page + _DETAILS, [report_id.lower()]


def count_statement(question: EmailQuestion) -> Statement:
    """How many emails."""
    where, parameters = _where(question)
    return f"SELECT count(DISTINCT ReportId) FROM EmailEvents WHERE {where}", parameters


def _where(question: EmailQuestion) -> Statement:
    parameters: list[object] = [moment_sql(question.since), moment_sql(question.until)]
    condition = condition_sql(question.condition, parameters)
    return f"Timestamp >= ? AND Timestamp < ? AND {condition}", parameters
