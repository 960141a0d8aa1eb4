"""The tables of Advanced hunting: the original's names, columns and types, and two of our own.

Source: the published schema reference of the advanced hunting tables; what Clawback cannot know stays
empty, never null, as strings of the query language are. Message text is in none of them.
"""

from __future__ import annotations

from models.hunting import HuntTable, KqlType, TableColumn

TIME = "Timestamp"
TIME_AGAIN = "TimeGenerated"
"""The column that repeats Timestamp in every table."""

FIRST_CONTACT = "IsFirstContact"
"""The column of EmailEvents that takes all rows to tell."""

_EMPTY = "Always empty: "
_ZERO = "Always 0: "


def _table(name: str, about: str, columns: str) -> HuntTable:
    """A table from lines of "Name type About"; a type with a minus is that of an empty column.

    An indented line goes on with the one before.
    """
    return HuntTable(
        name, about, tuple(map(_column, columns.strip().replace("\n  ", " ").splitlines()))
    )


def _column(line: str) -> TableColumn:
    name, kind, about = line.split(" ", 2)
    is_empty, type_ = kind.endswith("-"), KqlType(kind.removesuffix("-"))
    if is_empty:
        about = (_ZERO if type_ in (KqlType.INT, KqlType.LONG) else _EMPTY) + about
    return TableColumn(name, type_, about, is_empty)


def carried(table: HuntTable) -> tuple[TableColumn, ...]:
    """The columns that the rows of a `MirrorPage` hold, in order: those that are not made of others.

    TimeGenerated repeats Timestamp, empty ones are the same in every row, and who wrote to somebody
    first is seen in the mirror alone, which has all rows side by side.
    """
    return tuple(
        column
        for column in table.columns
        if not column.is_empty and column.name not in (TIME_AGAIN, FIRST_CONTACT)
    )


EMAIL_EVENTS = _table(
    "EmailEvents",
    "One row for each copy: a message and the mailbox that it was delivered to.",
    """
Timestamp datetime When the copy was delivered, by the mail system; else when the index saw it
  first
TimeGenerated datetime Timestamp, under the name that published queries use as well
NetworkMessageId string Identity of the mail, the same for all its recipients
InternetMessageId string Message-ID as the message claims
SenderMailFromAddress string Envelope sender, from Return-Path
SenderFromAddress string From, as the message claims
SenderDisplayName string Name in From, as the message claims
SenderObjectId string- Clawback reads no directory
SenderMailFromDomain string Domain of SenderMailFromAddress
SenderFromDomain string Domain of SenderFromAddress
SenderIPv4 string Client's address from the Received line of a trusted relay, where it is one of
  IPv4
SenderIPv6 string Likewise, of IPv6
RecipientEmailAddress string The mailbox
RecipientObjectId string- Clawback reads no directory
RecipientDomain string Domain of RecipientEmailAddress
Subject string Subject
EmailClusterId long Number of the newest cluster of an investigation that holds the copy, 0 for
  none
EmailDirection string Inbound, Outbound, Intra-org or Unknown
DeliveryAction string By DeliveryLocation: Junked, Blocked for Quarantine, else Delivered
DeliveryLocation string Where the index saw the copy first: Inbox/folder, Junk folder, Deleted
  items, Sent items, Quarantine or Recoverable items
LatestDeliveryLocation string Where the copy is, as last seen, by the same words; Not found in
  mailbox where it is gone
LatestDeliveryAction string What remediation did last while the copy is where that left it; else
  what brings it where it is, such as Moved to deleted items; DeliveryAction where it never moved
ThreatTypes string Malware where the newest verdict that knows a file in it is Malicious, Phish likewise
  of a link; comma between
ThreatNames string- verdicts name no family
ThreatClassification string- verdicts name no class
DetectionMethods string JSON: for each threat type who said so: Operator or Indicator list; empty
  without a threat
ConfidenceLevel string JSON: High for each threat type; empty without a threat
BulkComplaintLevel int- Clawback filters no bulk mail
EmailAction string- what happens at delivery is not Clawback's
EmailActionPolicy string- what happens at delivery is not Clawback's
EmailActionPolicyGuid string- what happens at delivery is not Clawback's
AuthenticationDetails string JSON: SPF, DKIM, DMARC and CompAuth as a configured server found,
  none where it says nothing of one; empty without such a server
AttachmentCount int Number of files attached, without those inside other files
UrlCount int Number of different addresses in EmailUrlInfo
EmailLanguage string Language of the text
EmailSize int Bytes
Connectors string- Clawback sees mailboxes, not mail flow
DistributionList string- Clawback sees mailboxes, not mail flow
ExchangeTransportRule string- Clawback sees mailboxes, not mail flow
ForwardingInformation string- Clawback sees mailboxes, not mail flow
OrgLevelAction string Allow where the settings exclude the mailbox or a link of the mail
OrgLevelPolicy string SecOps Mailbox or Phishing simulation, for which of the two
UserLevelAction string- users' own lists are not read
UserLevelPolicy string- users' own lists are not read
To dynamic Addresses in To
Cc dynamic Addresses in Cc
Context string- Clawback knows of none
IsFirstContact bool Whether this is the oldest copy of this SenderFromAddress in this mailbox
LastEventExecutionTime datetime When remediation last finished with the copy or it was found gone;
  else when the index saw it first
AdditionalFields dynamic Source, the mail system, and CopyId, the copy's number
ReportId string NetworkMessageId, a minus and a hash of the recipient: also the id of an analyzed
  email
""",
)

EMAIL_ATTACHMENT_INFO = _table(
    "EmailAttachmentInfo",
    "One row for each file of each copy, those inside archives and attached messages too.",
    """
Timestamp datetime As in EmailEvents
TimeGenerated datetime Likewise
NetworkMessageId string As in EmailEvents
SenderFromAddress string As in EmailEvents
SenderDisplayName string As in EmailEvents
SenderObjectId string- Clawback reads no directory
RecipientEmailAddress string As in EmailEvents
RecipientObjectId string- Clawback reads no directory
FileName string As the message claims
FileType string By the file's first bytes, else the content type that the message claims
FileExtension string After the last dot of FileName, lower case, without the dot
SHA256 string Of the file as decoded, lower-case hex
FileSize long Bytes
ThreatTypes string Malware where the newest verdict of this file is Malicious
ThreatNames string- verdicts name no family
DetectionMethods string As in EmailEvents
ReportId string As in EmailEvents
""",
)

EMAIL_URL_INFO = _table(
    "EmailUrlInfo",
    "One row for each address and place of each mail that is in a mailbox.",
    """
Timestamp datetime Of the mail's first delivery
TimeGenerated datetime Likewise
NetworkMessageId string As in EmailEvents
Url string Canonical form
UrlDomain string Host
UrlLocation string Body, Attachment, Header, Subject or QRCode
UrlChainId string The same for a wrapper and the links that were opened from it; empty for others
UrlChainPosition int 0 for what stood in the message, 1 for what was opened from that, and so on
ReportId string NetworkMessageId
""",
)

EMAIL_POST_DELIVERY_EVENTS = _table(
    "EmailPostDeliveryEvents",
    "One row for each copy that an action moved, or failed to move.",
    """
Timestamp datetime When the outcome was read back
TimeGenerated datetime Likewise
NetworkMessageId string As in EmailEvents
InternetMessageId string As in EmailEvents
Action string Soft delete, Moved to inbox, Moved to junk folder or Moved to original folder
ActionType string Automated Remediation or Manual Remediation
ActionTrigger string Automation, or AdminAction where a person approved
ActionResult string Success or Error
RecipientEmailAddress string As in EmailEvents
EmailDirection string As in EmailEvents
SenderFromAddress string As in EmailEvents
SourceLocation string Where the copy was before, by the words of DeliveryLocation
DeliveryLocation string Where the copy was afterwards, likewise
ThreatTypes string As in EmailEvents
DetectionMethods string As in EmailEvents
ReportId string As in EmailEvents
""",
)

URL_CLICK_EVENTS = _table(
    "UrlClickEvents",
    "Clicks on links, where a gateway or proxy reports them to the API; else empty.",
    """
Timestamp datetime When the link was clicked
TimeGenerated datetime Likewise
Url string As it was clicked
ActionType string ClickAllowed, ClickBlocked …
AccountUpn string Who clicked
Workload string Email, Office or Teams
NetworkMessageId string The mail, where it is known
ThreatTypes string As reported
DetectionMethods string As reported
IPAddress string From where
IsClickedThrough bool Whether a warning was passed
UrlChain string JSON: addresses on the way
AppName string As reported
AppVersion string As reported
SourceId string As reported
ReportId string Identity of the row
""",
)

REMEDIATION_ACTIONS = _table(
    "RemediationActions",
    "One row for each action: the action center.",
    """
Timestamp datetime When the action was created
TimeGenerated datetime Likewise
ActionId long Number of the action
InvestigationId long Number of the investigation
EmailClusterId long Number of the cluster
ClusterType string Similar files, Similar URLs or Selected messages
Indicator string The malicious file or URL
ActionType string Soft delete, Move to Inbox …
Status string Pending, Running, Completed …
ActionSource string Automated email action, Manual email action …
DecidedBy string Automation, or who decided
DecidedVia string By what way
IsVerified bool Whether the decider's identity was verified
Reason string Why it runs or waits, as policy said
MessageCount long Number of copies
Outcomes dynamic Finished copies by outcome
RevertsActionId long The action that this one puts back, 0 for none
DecidedTime datetime When it was decided
EndTime datetime When it ended
ExpiryTime datetime When it expires if nobody decides
LastUpdateTime datetime When it last changed
""",
)

INVESTIGATIONS = _table(
    "Investigations",
    "One row for each investigation.",
    """
Timestamp datetime When the investigation began
TimeGenerated datetime Likewise
InvestigationId long Number of the investigation
AlertId long Number of the alert
AlertSource string Who or what raised it
Title string Safe to show
Status string Running, Pending Action, Remediated …
Summary string What was found
ReportedBy string Who raised the alert
IndexTime datetime How fresh the index was
EndTime datetime When it ended
LastUpdateTime datetime When it last changed
""",
)

TABLES: tuple[HuntTable, ...] = (
    EMAIL_EVENTS,
    EMAIL_ATTACHMENT_INFO,
    EMAIL_URL_INFO,
    EMAIL_POST_DELIVERY_EVENTS,
    URL_CLICK_EVENTS,
    REMEDIATION_ACTIONS,
    INVESTIGATIONS,
)
"""All of them, in the order in which a schema browser lists them."""
