"""Questions of the bench's own, each with the same in SQL over the mirror's tables."""

from __future__ import annotations

from typing import NamedTuple


class Paired(NamedTuple):
    """One question in the query language and in SQL: the rows are the same, in any order."""

    id: str
    query: str
    sql: str


PAIRED = (
    Paired(
        "count_by_day",
        "EmailEvents | summarize n = count() by day = bin(Timestamp, 1d)",
        'SELECT date_trunc(\'day\', "Timestamp")::TIMESTAMP, count(*) FROM "EmailEvents" GROUP BY 1',
    ),
    Paired(
        "top_senders",
        "EmailEvents | summarize n = count() by SenderFromAddress | sort by n desc, "
        "SenderFromAddress asc | take 10",
        'SELECT "SenderFromAddress", count(*) FROM "EmailEvents" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10',
    ),
    Paired(
        "recipients_by_domain",
        "EmailEvents | summarize n = dcount(RecipientEmailAddress) by SenderFromDomain",
        'SELECT "SenderFromDomain", count(DISTINCT "RecipientEmailAddress") FROM "EmailEvents" GROUP BY 1',
    ),
    Paired(
        "subject_words",
        'EmailEvents | where Subject contains "question" | summarize n = count() by Subject',
        'SELECT "Subject", count(*) FROM "EmailEvents" WHERE contains(lower("Subject"), \'question\') '
        "GROUP BY 1",
    ),
    Paired(
        "links_of_mail",
        "EmailEvents | join kind=inner EmailUrlInfo on NetworkMessageId "
        "| summarize n = count() by UrlDomain | sort by n desc, UrlDomain asc | take 20",
        'SELECT "UrlDomain", count(*) FROM "EmailEvents" JOIN "EmailUrlInfo" USING ("NetworkMessageId") '
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20",
    ),
    Paired(
        "mail_without_links",
        "EmailEvents | join kind=leftanti EmailUrlInfo on NetworkMessageId "
        "| summarize n = count() by RecipientEmailAddress",
        'SELECT "RecipientEmailAddress", count(*) FROM "EmailEvents" WHERE "NetworkMessageId" NOT IN '
        '(SELECT "NetworkMessageId" FROM "EmailUrlInfo") GROUP BY 1',
    ),
    Paired(
        "files_by_extension",
        "EmailAttachmentInfo | summarize files = dcount(SHA256), bytes = sum(FileSize) by FileExtension",
        'SELECT "FileExtension", count(DISTINCT "SHA256"), sum("FileSize")::BIGINT '
        'FROM "EmailAttachmentInfo" GROUP BY 1',
    ),
    Paired(
        "latest_of_each_sender",
        "EmailEvents | summarize arg_max(Timestamp, NetworkMessageId) by SenderFromAddress "
        "| project SenderFromAddress, NetworkMessageId",
        'SELECT "SenderFromAddress", arg_max("NetworkMessageId", "Timestamp") FROM "EmailEvents" GROUP BY 1',
    ),
    Paired(
        "remediated_by_day",
        'EmailPostDeliveryEvents | where ActionType =~ "Automated Remediation" '
        "| summarize n = dcount(NetworkMessageId) by bin(Timestamp, 1d), ActionResult",
        'SELECT date_trunc(\'day\', "Timestamp")::TIMESTAMP, "ActionResult", count(DISTINCT '
        '"NetworkMessageId") FROM "EmailPostDeliveryEvents" '
        "WHERE lower(\"ActionType\") = 'automated remediation' GROUP BY 1, 2",
    ),
    Paired(
        "where_remediated_mail_is",
        "EmailPostDeliveryEvents | join kind=inner EmailEvents on NetworkMessageId, "
        "RecipientEmailAddress | summarize n = count() by LatestDeliveryLocation",
        'SELECT e."LatestDeliveryLocation", count(*) FROM (SELECT DISTINCT "NetworkMessageId", '
        '"RecipientEmailAddress" FROM "EmailPostDeliveryEvents") p JOIN "EmailEvents" e '
        'USING ("NetworkMessageId", "RecipientEmailAddress") GROUP BY 1',
    ),
)
