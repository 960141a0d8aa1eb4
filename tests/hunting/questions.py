"""Questions of people who hunt, each with what the database itself says to it."""

from __future__ import annotations

from typing import NamedTuple

from tests.hunting.organisation import MALWARE_SHA256, PHISH


class Question(NamedTuple):
    """One question in the query language, and in SQL over the store."""

    name: str
    kql: str
    sql: str


_HAS = f'EmailAttachmentInfo | where SHA256 == "{MALWARE_SHA256}" | distinct NetworkMessageId'
_BAD = f"SELECT mail_id FROM f WHERE sha256 = '{MALWARE_SHA256}'"

QUESTIONS = (
    Question(
        "mail by day",
        "EmailEvents | summarize n = count() by day = bin(Timestamp, 1d)",
        "SELECT day, count(*) FROM m GROUP BY day",
    ),
    Question(
        "mail by day, by the other name of the time",
        "EmailEvents | summarize n = count() by bin(TimeGenerated, 1d), EmailDirection",
        "SELECT day, direction, count(*) FROM m GROUP BY day, direction",
    ),
    Question(
        "top senders",
        "EmailEvents | summarize n = count() by SenderFromAddress "
        "| sort by n desc, SenderFromAddress asc | take 3",
        "SELECT sender, count(*) FROM m GROUP BY sender ORDER BY 2 DESC, 1 LIMIT 3",
    ),
    Question(
        "mailboxes that each sender reached",
        "EmailEvents | summarize boxes = dcount(RecipientEmailAddress), mails = "
        "dcount(NetworkMessageId) by SenderFromAddress",
        "SELECT sender, count(DISTINCT recipient), count(DISTINCT mail) FROM m GROUP BY sender",
    ),
    Question(
        "copies by domain of a link",
        "EmailEvents | join kind=inner EmailUrlInfo on NetworkMessageId "
        "| summarize n = count() by UrlDomain",
        "SELECT host, count(*) FROM m JOIN u ON u.mail_id = m.mail_id GROUP BY host",
    ),
    Question(
        "a join without a kind keeps one row of the left for each key",
        "EmailUrlInfo | join EmailEvents on NetworkMessageId | count",
        "SELECT count(*) FROM m WHERE mail_id IN (SELECT mail_id FROM u)",
    ),
    Question(
        "mail without a link",
        "EmailEvents | join kind=leftanti EmailUrlInfo on NetworkMessageId "
        "| summarize n = count() by RecipientEmailAddress",
        "SELECT recipient, count(*) FROM m WHERE mail_id NOT IN (SELECT mail_id FROM u) GROUP BY 1",
    ),
    Question(
        "mail with a PDF",
        "EmailEvents | join kind=leftsemi (EmailAttachmentInfo | where FileName endswith '.pdf') "
        "on NetworkMessageId, RecipientEmailAddress | summarize n = count() by SenderFromDomain",
        "SELECT domain, count(*) FROM m WHERE mail_id IN "
        "(SELECT mail_id FROM f WHERE lower(name) LIKE '%.pdf') GROUP BY domain",
    ),
    Question(
        "mail that nothing was done about",
        "EmailEvents | join kind=leftouter (EmailPostDeliveryEvents | distinct NetworkMessageId, "
        "RecipientEmailAddress, ActionType) on NetworkMessageId, RecipientEmailAddress "
        "| summarize n = count() by touched = isnotempty(ActionType)",
        "SELECT touched, count(*) FROM (SELECT DISTINCT m.id, p.type, p.type IS NOT NULL AS touched "
        "FROM m LEFT JOIN p ON p.mail = m.mail AND p.recipient = m.recipient) AS t GROUP BY touched",
    ),
    Question(
        "mailboxes that no action touched",
        "EmailPostDeliveryEvents | join kind=rightanti EmailEvents on RecipientEmailAddress, "
        "NetworkMessageId | summarize n = count() by RecipientEmailAddress",
        "SELECT recipient, count(*) FROM m WHERE NOT EXISTS (SELECT 1 FROM p WHERE p.mail = m.mail "
        "AND p.recipient = m.recipient) GROUP BY recipient",
    ),
    Question(
        "both sides of a full join",
        "(EmailUrlInfo | distinct NetworkMessageId) | join kind=fullouter (EmailAttachmentInfo "
        "| distinct NetworkMessageId) on NetworkMessageId | summarize n = count() by "
        "links = isnotempty(NetworkMessageId), files = isnotempty(NetworkMessageId1)",
        "SELECT links, files, count(*) FROM (SELECT w.id IN (SELECT mail_id FROM u) AS links, "
        "w.id IN (SELECT mail_id FROM f) AS files FROM mails w) AS t "
        "WHERE links OR files GROUP BY links, files",
    ),
    Question(
        "how well the automation does by day",
        'EmailPostDeliveryEvents | where ActionType =~ "automated remediation" '
        "| summarize n = dcount(NetworkMessageId) by bin(Timestamp, 1d), ActionResult",
        "SELECT day, result, count(DISTINCT mail) FROM p WHERE type = 'Automated Remediation' "
        "GROUP BY day, result",
    ),
    Question(
        "what was done, and on whose word",
        "EmailPostDeliveryEvents | summarize n = count() by ActionType, ActionTrigger, Action",
        "SELECT type, trigger, action, count(*) FROM p GROUP BY type, trigger, action",
    ),
    Question(
        "where a cluster is now",
        f"EmailEvents | where NetworkMessageId in (({_HAS})) "
        "| summarize n = count() by LatestDeliveryLocation",
        f"SELECT latest, count(*) FROM m WHERE mail_id IN ({_BAD}) GROUP BY latest",
    ),
    Question(
        "who got a file and has it still",
        f"({_HAS}) | join kind=inner EmailEvents on NetworkMessageId | where LatestDeliveryLocation "
        'in ("Inbox/folder", "Junk folder") | distinct RecipientEmailAddress, Subject',
        f"SELECT DISTINCT recipient, subject FROM m WHERE mail_id IN ({_BAD}) "
        "AND latest IN ('Inbox/folder', 'Junk folder')",
    ),
    Question(
        "senders seen for the first time since a day",
        "EmailEvents | summarize first = min(Timestamp) by SenderFromAddress "
        "| where first >= datetime(2026-03-04) | project SenderFromAddress, bin(first, 1d)",
        "SELECT sender, min(day) FROM m GROUP BY sender HAVING min(day) >= '2026-03-04'",
    ),
    Question(
        "the latest mail of each sender",
        "EmailEvents | summarize arg_max(Timestamp, Subject, RecipientEmailAddress) by "
        "SenderFromAddress | project SenderFromAddress, Subject, RecipientEmailAddress",
        "SELECT sender, subject, recipient FROM m WHERE at = (SELECT max(n.at) FROM m n "
        "WHERE n.sender = m.sender)",
    ),
    Question(
        "the first mail to each mailbox",
        "EmailEvents | summarize arg_min(Timestamp, *) by RecipientEmailAddress "
        "| project RecipientEmailAddress, NetworkMessageId, SenderFromAddress",
        "SELECT recipient, mail, sender FROM m WHERE at = (SELECT min(n.at) FROM m n "
        "WHERE n.recipient = m.recipient)",
    ),
    Question(
        "names of files by sender, as a set",
        "EmailAttachmentInfo | summarize names = make_set(FileName) by SenderFromAddress "
        "| mv-expand name = names to typeof(string) | project SenderFromAddress, name",
        "SELECT DISTINCT sender, f.name FROM m JOIN f ON f.mail_id = m.mail_id",
    ),
    Question(
        "subjects by mailbox, as a list",
        "EmailEvents | summarize all = make_list(Subject) by RecipientEmailAddress "
        "| project RecipientEmailAddress, n = array_length(all)",
        "SELECT recipient, count(*) FROM m GROUP BY recipient",
    ),
    Question(
        "sizes, summed up",
        "EmailEvents | summarize min(EmailSize), max(EmailSize), sum(EmailSize), avg(EmailSize) "
        "by EmailDirection",
        "SELECT direction, min(size), max(size), sum(size), avg(CAST(size AS FLOAT)) FROM m "
        "GROUP BY direction",
    ),
    Question(
        "the median and the largest of the sizes",
        "EmailEvents | summarize percentile(EmailSize, 50), percentile(EmailSize, 100)",
        "SELECT (SELECT size FROM m ORDER BY size LIMIT 1 OFFSET (SELECT (count(*) + 1) / 2 - 1 FROM m)), "
        "(SELECT max(size) FROM m)",
    ),
    Question(
        "a series by day, days with mail",
        "EmailEvents | make-series n = count() default=0 on Timestamp from datetime(2026-03-01) to "
        "datetime(2026-03-10) step 1d by SenderFromDomain | mv-expand Timestamp to typeof(datetime), "
        "n to typeof(long) | where n > 0 | project SenderFromDomain, Timestamp, n",
        "SELECT domain, day, count(*) FROM m GROUP BY domain, day",
    ),
    Question(
        "a series by day, days without mail",
        "EmailEvents | make-series n = count() default=0 on Timestamp from datetime(2026-03-01) to "
        "datetime(2026-03-10) step 1d by SenderFromDomain | mv-expand n to typeof(long) "
        "| summarize none = countif(n == 0) by SenderFromDomain",
        "SELECT domain, 9 - count(DISTINCT day) FROM m GROUP BY domain",
    ),
    Question(
        "words in subjects",
        'EmailEvents | where Subject has_any ("invoice", "news") | summarize n = count() by Subject',
        "SELECT subject, count(*) FROM m WHERE lower(subject) LIKE '%invoice%' "
        "OR lower(subject) LIKE '%news%' GROUP BY subject",
    ),
    Question(
        "a part of a subject with signs",
        'EmailEvents | where Subject contains "100%" or Subject contains "t_y" | count',
        "SELECT count(*) FROM m WHERE subject IN ('Your invoice 100%', 'Reset_your password')",
    ),
    Question(
        "hosts of links, taken from the links",
        "EmailUrlInfo | extend parts = parse_url(Url) | summarize n = count() by "
        "host = tostring(parts.Host), path = tostring(parts.Path)",
        "SELECT u.host, CASE WHEN u.url LIKE '%/p/%' THEN substr(u.url, length(u.url) - 3) ELSE "
        "'/reset' END, count(*) FROM u WHERE mail_id IN (SELECT mail_id FROM m) GROUP BY 1, 2",
    ),
    Question(
        "who got a link",
        f'EmailUrlInfo | where Url == "{PHISH}" | join kind=inner EmailEvents on NetworkMessageId '
        "| distinct RecipientEmailAddress, LatestDeliveryLocation",
        "SELECT DISTINCT recipient, latest FROM m WHERE mail_id IN "
        f"(SELECT mail_id FROM u WHERE url = '{PHISH}')".replace(":", r"\:"),
    ),
    Question(
        "a domain in any case",
        'EmailEvents | where SenderFromDomain in~ ("EVIL.test", "Mail.Test") '
        "| summarize n = count() by SenderFromDomain",
        "SELECT domain, count(*) FROM m WHERE domain IN ('evil.test', 'mail.test') GROUP BY domain",
    ),
    Question(
        "how much of each mailbox's mail was junk",
        'EmailEvents | summarize junk = countif(DeliveryLocation == "Junk folder"), '
        'senders = dcountif(SenderFromAddress, DeliveryAction == "Junked") by RecipientEmailAddress',
        "SELECT recipient, sum(CASE WHEN original = 'Junk folder' THEN 1 ELSE 0 END), "
        "count(DISTINCT CASE WHEN original = 'Junk folder' THEN sender END) FROM m GROUP BY recipient",
    ),
    Question(
        "sizes in classes",
        'EmailEvents | extend class = case(EmailSize < 500, "small", EmailSize < 1000, "medium", '
        '"large") | summarize n = count() by class',
        "SELECT CASE WHEN size < 500 THEN 'small' WHEN size < 1000 THEN 'medium' ELSE 'large' END, "
        "count(*) FROM m GROUP BY 1",
    ),
    Question(
        "rows of two tables",
        "union (EmailEvents | project RecipientEmailAddress), (EmailPostDeliveryEvents "
        "| project RecipientEmailAddress) | summarize n = count() by RecipientEmailAddress",
        "SELECT recipient, count(*) FROM (SELECT recipient FROM m UNION ALL SELECT recipient FROM p) "
        "AS t GROUP BY recipient",
    ),
    Question(
        "mailboxes with more mail than most",
        "let usual = toscalar(EmailEvents | summarize n = count() by RecipientEmailAddress "
        "| summarize avg(n)); EmailEvents | summarize n = count() by RecipientEmailAddress "
        "| where n > usual",
        "SELECT recipient, count(*) FROM m GROUP BY recipient HAVING count(*) > "
        "(SELECT count(*) * 1.0 / count(DISTINCT recipient) FROM m)",
    ),
    Question(
        "how long copies lay before they were taken out",
        "EmailPostDeliveryEvents | where Action == 'Soft delete' | join kind=inner (EmailEvents "
        "| project NetworkMessageId, RecipientEmailAddress, delivered = Timestamp) on "
        "NetworkMessageId, RecipientEmailAddress | extend lay = (Timestamp - delivered) / 1s "
        "| summarize shortest = round(min(lay)), longest = round(max(lay)) by ActionType",
        "SELECT p.type, min(SECONDS(p.at, m.at)), max(SECONDS(p.at, m.at)) FROM p "
        "JOIN m ON m.mail = p.mail AND m.recipient = p.recipient WHERE p.action = 'Soft delete' "
        "GROUP BY p.type",
    ),
    Question(
        "hours of the day",
        "EmailEvents | summarize n = count() by hour = hourofday(Timestamp)",
        "SELECT hour, count(*) FROM m GROUP BY hour",
    ),
    Question(
        "names of files without their numbers",
        'EmailAttachmentInfo | extend stem = extract("^([A-Za-z]+)", 1, FileName) '
        "| summarize n = count() by stem",
        "SELECT CASE WHEN lower(f.name) LIKE 'report%' THEN 'report' WHEN f.name LIKE 'Invoice%' "
        "THEN 'Invoice' ELSE 'invoice' END, count(*) FROM m JOIN f ON f.mail_id = m.mail_id "
        "GROUP BY 1".replace("f.name LIKE 'Invoice%'", "substr(f.name, 1, 1) = 'I'"),
    ),
    Question(
        "accounts of mailboxes",
        'EmailEvents | extend account = tostring(split(RecipientEmailAddress, "@")[0]) '
        "| summarize n = count() by account, RecipientDomain",
        "SELECT replace(recipient, '@example.com', ''), 'example.com', count(*) FROM m GROUP BY 1",
    ),
    Question(
        "the action center",
        "RemediationActions | summarize n = count(), messages = sum(MessageCount) by Status, "
        "ActionType, DecidedBy",
        "SELECT status, type, decided_by, count(*), sum(copies) FROM actions "
        "GROUP BY status, type, decided_by",
    ),
    Question(
        "actions that put another one back",
        "RemediationActions | where RevertsActionId > 0 | project ActionId, RevertsActionId",
        "SELECT id, reverts_action_id FROM actions WHERE reverts_action_id IS NOT NULL",
    ),
    Question(
        "investigations by status",
        "Investigations | summarize n = count() by Status",
        "SELECT status, count(*) FROM investigations GROUP BY status",
    ),
    Question(
        "what users deleted for good",
        'EmailEvents | where LatestDeliveryLocation == "Not found in mailbox" '
        "| project NetworkMessageId, RecipientEmailAddress",
        "SELECT mail, recipient FROM m WHERE latest = 'Not found in mailbox'",
    ),
    Question(
        "where copies were delivered and are now",
        "EmailEvents | summarize n = count() by DeliveryLocation, LatestDeliveryLocation",
        "SELECT original, latest, count(*) FROM m GROUP BY original, latest",
    ),
    Question(
        "copies whose last event left them elsewhere",
        "EmailPostDeliveryEvents | summarize arg_max(Timestamp, DeliveryLocation) by NetworkMessageId, "
        "RecipientEmailAddress | join kind=inner (EmailEvents | project NetworkMessageId, "
        "RecipientEmailAddress, LatestDeliveryLocation) on NetworkMessageId, RecipientEmailAddress "
        "| summarize n = count() by same = DeliveryLocation == LatestDeliveryLocation",
        "SELECT true, count(DISTINCT copy_id) FROM p",
    ),
    Question(
        "first contacts",
        "EmailEvents | summarize n = countif(IsFirstContact) by RecipientEmailAddress",
        "SELECT recipient, count(DISTINCT sender) FROM m GROUP BY recipient",
    ),
    Question(
        "mail with a malicious file by its threat",
        'EmailEvents | where ThreatTypes has "Malware" | summarize n = count(), '
        "mails = dcount(NetworkMessageId) by SenderFromDomain",
        f"SELECT domain, count(*), count(DISTINCT mail) FROM m WHERE mail_id IN ({_BAD}) "
        "GROUP BY domain",
    ),
    Question(
        "links and files by sender",
        "EmailEvents | summarize links = sum(UrlCount), files = sum(AttachmentCount) by "
        "SenderFromAddress",
        "SELECT sender, sum((SELECT count(DISTINCT u.url) FROM u WHERE u.mail_id = m.mail_id)), "
        "sum((SELECT count(*) FROM f WHERE f.mail_id = m.mail_id)) FROM m GROUP BY sender",
    ),
)
