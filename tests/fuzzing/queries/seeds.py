"""Queries over all operators, from which others are made."""

from __future__ import annotations

_TEXT = r"""
EmailEvents | count

EmailEvents | take 5

EmailEvents | limit 3 | project Timestamp, Subject

EmailEvents | where Timestamp > ago(30d) and EmailSize >= 10 | project-away To, Cc

EmailEvents | where Subject has 'quotes' or Subject contains 'more' or Subject startswith 'S'

EmailEvents | where Subject !has 'x' and SenderFromAddress endswith '.org' | project-keep Subject

EmailEvents | where SenderFromDomain in ('a', 'b') or SenderFromDomain in~ ('C') | count

EmailEvents | where Subject has_any ('quotes', 'lines') and Subject has_all ('more', 'and')

EmailEvents | where Subject matches regex @'\d+ with' | project Subject

EmailEvents | where Timestamp between (datetime(2026-11-01) .. datetime(2026-11-02))

EmailEvents | where Timestamp !between (ago(1h) .. now()) | summarize max(Timestamp)

EmailEvents | summarize n = count(), dcount(Subject), avg(EmailSize) by SenderFromDomain

EmailEvents | summarize make_set(Subject, 5), make_list(EmailSize) by bin(Timestamp, 1h)

EmailEvents | summarize arg_max(Timestamp, *) by NetworkMessageId | project-rename Id = NetworkMessageId

EmailEvents | summarize arg_min(Timestamp, Subject), countif(EmailSize > 5), sumif(UrlCount,
  UrlCount > 1)

EmailEvents | summarize percentile(EmailSize, 95), stdev(EmailSize), variance(EmailSize)

EmailEvents | distinct SenderFromAddress, RecipientEmailAddress | sort by SenderFromAddress asc

EmailEvents | top 10 by Timestamp desc nulls last | project Timestamp

EmailEvents | extend a = EmailSize * 2 + 1, b = EmailSize / 3, c = EmailSize % 7, d = -EmailSize

EmailEvents | extend s = strcat(tolower(Subject), '-', toupper(SenderFromDomain)) | project s

EmailEvents | extend p = split(Subject, ' '), q = substring(Subject, 2, 5), r = indexof(Subject, 'w')

EmailEvents | extend t = trim('S', Subject), u = replace_string(Subject, 'e', 'E'), v = strlen(Subject)

EmailEvents | extend x = extract(@'(\d+)', 1, Subject), y = countof(Subject, 'o') | project x, y

EmailEvents | extend x = iff(EmailSize > 5, 'large', 'small'), y = case(UrlCount == 1, 1,
  UrlCount == 2, 4, 9)

EmailEvents | extend h = hourofday(Timestamp), d = dayofweek(Timestamp), s = startofday(Timestamp)

EmailEvents | extend f = format_datetime(Timestamp, 'yyyy-MM-dd HH:mm'), g = datetime_diff('hour',
  now(), Timestamp)

EmailEvents | extend t = To[0], n = array_length(To) | where isnotempty(t) | project t, n

EmailEvents | mv-expand To | extend a = tostring(To) | summarize count() by a

EmailEvents | mv-apply x = To on (where x has 'example' | summarize n = count()) | project n

EmailEvents | parse Subject with 'Subject ' number: long ' with' rest | project number, rest

EmailEvents | parse-where Subject with * 'with ' word: string ',' * | project word

EmailEvents | join kind=inner EmailUrlInfo on NetworkMessageId | project Subject, Url

EmailEvents | join kind=leftouter (EmailAttachmentInfo | project NetworkMessageId, FileName)
  on NetworkMessageId

EmailEvents | join kind=leftanti EmailUrlInfo on $left.NetworkMessageId == $right.NetworkMessageId
  | count

EmailEvents | join kind=leftsemi (UrlClickEvents | where IsClickedThrough) on NetworkMessageId | count

EmailEvents | join kind=fullouter EmailPostDeliveryEvents on NetworkMessageId, RecipientEmailAddress

EmailEvents | lookup kind=leftouter (EmailUrlInfo | distinct NetworkMessageId, UrlDomain)
  on NetworkMessageId

union EmailEvents, EmailUrlInfo | summarize count() by NetworkMessageId

union isfuzzy=true withsource=Where EmailEvents, UrlClickEvents | summarize count() by Where

union Email* | count

let since = ago(7d); EmailEvents | where Timestamp > since | count

let bad = dynamic(['a', 'b']); EmailEvents | where Subject has_any (bad) | count

let f = (n: long) { n * 2 }; EmailEvents | extend x = f(EmailSize) | project x

let recent = EmailEvents | where EmailSize < 50; recent | join kind=inner recent on NetworkMessageId
  | count

let senders = materialize(EmailEvents | distinct SenderFromAddress); senders
  | where SenderFromAddress in (senders)

let T = datatable(a: string, b: long, c: datetime) ['x', 1, datetime(2026-11-01), 'y', 2, now()]; T
  | extend d = b + 1

print a = 1, b = 'x', c = dynamic({'k': [1, 2]}), d = 1.5, e = now(), f = 2h, g = true

print parse_json('{"a": {"b": [1, 2, 3]}}').a.b[1], tolong('12'), todouble('1.5'), tobool('true')

print base64_decode_tostring('YQ=='), url_decode('%41'), hash_sha256('a'),
  parse_url('http://a.example/b?c=d')

print bag_keys(dynamic({'a': 1})), pack('k', 1), bag_merge(dynamic({'a': 1}), dynamic({'b': 2}))

print ipv4_is_in_range('10.1.2.3', '10.0.0.0/8'), ipv4_is_private('8.8.8.8'), parse_ipv4('1.2.3.4')

range x from 1 to 10 step 1 | extend y = x * x | summarize sum(y)

range t from ago(2d) to now() step 6h | summarize count()

EmailEvents | make-series n = count() default = 0
  on Timestamp from datetime(2026-11-01) to datetime(2026-11-02) step 1h by EmailDirection

EmailEvents | summarize n = count() by bin(Timestamp, 1h) | render timechart with (title = 'mail')

EmailEvents | sort by Timestamp asc | serialize | extend r = row_number(), p = prev(EmailSize),
  n = next(EmailSize)

EmailEvents | extend c = row_cumsum(EmailSize) | project c

EmailEvents | getschema

EmailEvents | sample 3 | project Subject

EmailEvents | as Mails | where EmailSize in ((Mails | project EmailSize)) | count

EmailEvents | project-reorder Subject, Timestamp | take 1

EmailEvents | partition by EmailDirection (top 1 by EmailSize)

EmailEvents | top-nested 2 of SenderFromDomain by count()

EmailEvents | evaluate pivot(EmailDirection, count(), SenderFromDomain)

EmailEvents | extend b = pack('a', EmailSize, 'b', Subject) | evaluate bag_unpack(b) | take 3

EmailEvents | where isempty(ThreatTypes) and isnull(LastEventExecutionTime) == false | count

EmailAttachmentInfo | where FileSize > 100 and FileName endswith 'x' | summarize sum(FileSize) by SHA256

EmailUrlInfo | extend host = tostring(parse_url(Url).Host) | summarize count() by host, UrlLocation

EmailPostDeliveryEvents | where ActionType == 'Automated Remediation'
  | summarize count() by ActionResult

UrlClickEvents | where ActionType == 'ClickAllowed' | project AccountUpn, Url

RemediationActions | where Status == 'Completed' | summarize sum(MessageCount) by DecidedBy

Investigations | extend age = now() - Timestamp | project InvestigationId, age | order by age desc

// a comment
EmailEvents // another
| where Subject == "// no comment" | count

EmailEvents | extend ['a column'] = 1, ['quo"te'] = 2 | project ['a column'], ['quo"te']

EmailEvents | where tostring(AdditionalFields) has 'x' or AdditionalFields.a == 1 | count

EmailEvents | extend z = toscalar(EmailUrlInfo | count) | summarize any(z)

EmailEvents | find_column

search 'x'

find in (EmailEvents) where Subject has 'x'
"""

SEEDS = tuple(query.strip() for query in _TEXT.split("\n\n"))
"""Of them a few are refused: what is refused should be refused well, too."""
