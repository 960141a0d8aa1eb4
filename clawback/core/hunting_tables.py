"""The tables of Advanced hunting: the original's names, columns and types, and two of our own.

Source: the published schema reference of the advanced hunting tables; what Clawback cannot know stays
empty, never null, as strings of the query language are.
"""

from __future__ import annotations

from models.hunting import HuntTable, KqlType, TableColumn


def _table(name: str, about: str, columns: str) -> HuntTable:
    """A table from lines of "Name type About"."""
    parsed = (line.split(" ", 2) for line in columns.strip().splitlines())
    return HuntTable(
        name, about, tuple(TableColumn(name, KqlType(kind), about) for name, kind, about in parsed)
    )


EMAIL_EVENTS = _table(
    "EmailEvents",
    "One row for each copy: a message and the mailbox that it was delivered to.",
    """
Timestamp datetime When the copy was delivered, by the mail system; else when the index saw it first
TimeGenerated datetime Timestamp, under the name that published queries use as well
NetworkMessageId string Identity of the mail, the same for all its recipients
InternetMessageId string Message-ID as the message claims
SenderMailFromAddress string Envelope sender, from Return-Path
SenderFromAddress string From, as the message claims
SenderDisplayName string Name in From, as the message claims
SenderObjectId string Always empty: Clawback reads no directory
SenderMailFromDomain string Domain of SenderMailFromAddress
SenderFromDomain string Domain of SenderFromAddress
SenderIPv4 string Client's address from the trusted Received line
SenderIPv6 string Likewise
RecipientEmailAddress string The mailbox
RecipientObjectId string Always empty
RecipientDomain string Domain of RecipientEmailAddress
Subject string Subject
EmailClusterId long Number of the newest cluster that the copy is in, 0 for none
EmailDirection string Inbound, Outbound, Intra-org or Unknown
DeliveryAction string Delivered, Junked or Blocked
DeliveryLocation string Where the index saw the copy first
LatestDeliveryLocation string Where the copy is, as last seen
LatestDeliveryAction string What was done to it last
ThreatTypes string Malware or Phish, by the verdicts of investigations; comma between
ThreatNames string Always empty
ThreatClassification string Always empty
DetectionMethods string JSON: for each threat type how it was found
ConfidenceLevel string JSON: for each threat type High where the verdict is malicious
BulkComplaintLevel int Always 0
EmailAction string Always empty: what happens at delivery is not Clawback's
EmailActionPolicy string Always empty
EmailActionPolicyGuid string Always empty
AuthenticationDetails string JSON: SPF, DKIM, DMARC and CompAuth as the configured server found
AttachmentCount int Number of files attached
UrlCount int Number of links
EmailLanguage string Language of the text
EmailSize int Bytes
Connectors string Always empty
DistributionList string Always empty
ExchangeTransportRule string Always empty
ForwardingInformation string Always empty
OrgLevelAction string Allow where the organisation excludes the mailbox or the mail
OrgLevelPolicy string SecOps Mailbox or Phishing simulation, likewise
UserLevelAction string Always empty
UserLevelPolicy string Always empty
To dynamic Addresses in To
Cc dynamic Addresses in Cc
Context string Always empty
IsFirstContact bool Whether no earlier mail of this sender was seen by this recipient
LastEventExecutionTime datetime When the copy last changed, by the index
AdditionalFields dynamic Further facts, such as the mail system and the copy's number
ReportId string Identity of the row: mail and recipient
""",
)

EMAIL_ATTACHMENT_INFO = _table(
    "EmailAttachmentInfo",
    "One row for each file of each copy.",
    """
Timestamp datetime As in EmailEvents
TimeGenerated datetime Likewise
NetworkMessageId string As in EmailEvents
SenderFromAddress string As in EmailEvents
SenderDisplayName string As in EmailEvents
SenderObjectId string Always empty
RecipientEmailAddress string As in EmailEvents
RecipientObjectId string Always empty
FileName string As the message claims
FileType string By the file's first bytes, else by what the message claims
FileExtension string After the last dot of FileName, lower case
SHA256 string Of the file as decoded, lower-case hex
FileSize long Bytes
ThreatTypes string Malware where a verdict says so of this file
ThreatNames string Always empty
DetectionMethods string As in EmailEvents
ReportId string As in EmailEvents
""",
)

EMAIL_URL_INFO = _table(
    "EmailUrlInfo",
    "One row for each link of each mail.",
    """
Timestamp datetime Of the mail's first delivery
TimeGenerated datetime Likewise
NetworkMessageId string As in EmailEvents
Url string Canonical form
UrlDomain string Host
UrlLocation string Body, Attachment, Header, Subject or QRCode
UrlChainId string Groups a wrapper and the links that were opened from it
UrlChainPosition int 0 for what stood in the message, 1 for what was opened from it
ReportId string Identity of the mail
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
Action string Soft delete, Moved to inbox, Moved to junk folder …
ActionType string Automated Remediation or Manual Remediation
ActionTrigger string Automation or AdminAction
ActionResult string Success or Error
RecipientEmailAddress string As in EmailEvents
EmailDirection string As in EmailEvents
SenderFromAddress string As in EmailEvents
SourceLocation string Where the copy was before
DeliveryLocation string Where the copy is afterwards
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
Reason string Why it was decided so, or why it waits
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
