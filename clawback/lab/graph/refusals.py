"""What Graph says when it refuses: one function for each refusal, with the page that documents it.

The body's shape, {"error": {"code", "message", "innerError"}}, is that of "Microsoft Graph error
responses and resource types" (learn.microsoft.com/graph/errors). Codes of mail come from "Outlook
REST API" answers quoted on the pages named below; texts are this tenant's own where no page has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NONE: Mapping[str, str] = MappingProxyType({})


class Refusal(Exception):
    """A request that is answered with an error; `headers` go with it, such as Retry-After."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] = _NONE
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def item_not_found() -> Refusal:
    """An id that was never given out, or is no longer valid since its item moved or went away.

    "Obtain immutable identifiers for Outlook resources" (graph/outlook-immutable-id): without the
    header an id changes with each move.
    """
    return Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def malformed_id() -> Refusal:
    """Text that cannot be an id of this kind. Seen in answers; no page documents it."""
    return Refusal(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def unknown_user(name: str) -> Refusal:
    """A mail request for nobody: "Error code: ErrorInvalidUser" of the mail API's answers."""
    return Refusal(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")


def unknown_resource(name: str) -> Refusal:
    """A directory object that does not exist: "Get a user" (graph/api/user-get), graph/errors."""
    return Refusal(
        404,
        "Request_ResourceNotFound",
        f"Resource '{name}' does not exist or one of its queried reference-property objects"
        " are not present.",
    )


def not_hosted() -> Refusal:
    """On-premises, inactive or soft-deleted.

    "MailboxNotEnabledForRESTAPI or MailboxNotSupportedForRESTAPI error" (support 4462988).
    """
    return Refusal(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )


def not_supported() -> Refusal:
    """Without an Exchange Online licence; the same page as `not_hosted`."""
    return Refusal(
        404,
        "MailboxNotSupportedForRESTAPI",
        "REST API is not supported for this mailbox.",
    )


def group_mailbox() -> Refusal:
    """A Microsoft 365 group is no user: it has conversations, not messages.

    "Working with groups in Microsoft Graph" (graph/api/resources/groups-overview). The code is the
    one seen in answers; no page has it.
    """
    return Refusal(403, "ErrorGroupIsUsedInNonGroupURI", "Group Shard is used in non-Groups URI.")


def access_denied() -> Refusal:
    """Missing consent, or a mailbox outside of the application's scope.

    "Limit application permissions to specific mailboxes" (graph/auth-limit-mailbox-access).
    """
    return Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def directory_denied() -> Refusal:
    """Missing consent for the directory: "Authorization and resource" of graph/errors."""
    return Refusal(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )


def invalid_token(message: str) -> Refusal:
    """No token, an unknown one, or one that expired: graph/resolve-auth-errors (401)."""
    return Refusal(
        401,
        "InvalidAuthenticationToken",
        message,
        {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'},
    )


def cannot_delete() -> Refusal:
    """ "Delete message" (graph/api/message-delete): not within recoverableitemsdeletions."""
    return Refusal(403, "ErrorCannotDeleteObject", "Object cannot be deleted.")


def move_copy_failed() -> Refusal:
    """The store gave up on a move; seen after hundreds in a row (OfficeDev/outlook-dev-docs #144)."""
    return Refusal(500, "ErrorMoveCopyFailed", "The move or copy operation failed.")


def too_many_objects(headers: Mapping[str, str] = _NONE) -> Refusal:
    """What follows `move_copy_failed` (OfficeDev/outlook-dev-docs #144)."""
    return Refusal(
        429, "ErrorTooManyObjectsOpened", "Too many objects were opened in the mailbox.", headers
    )


def quota_exceeded(status: int) -> Refusal:
    """Recoverable Items is full: "Recoverable Items folder in Exchange Online" (30 GB).

    No page names the status: 507 and 413 are both seen.
    """
    return Refusal(status, "ErrorQuotaExceeded", "The mailbox quota has been exceeded.")


def throttled(retry_after_seconds: int | None, message: str) -> Refusal:
    """ "Microsoft Graph throttling guidance" (graph/throttling): 429, with Retry-After for mail."""
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    return Refusal(429, "ApplicationThrottled", message, headers)


def unavailable(retry_after_seconds: int | None) -> Refusal:
    """503 of graph/errors: try again later; Retry-After may be there."""
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    return Refusal(503, "serviceNotAvailable", "The service is temporarily unavailable.", headers)


def gateway_timeout() -> Refusal:
    """504 of graph/errors, and of "List messages" for pages that are too large."""
    return Refusal(504, "UnknownError", "The gateway timed out.")


def resync(location: str) -> Refusal:
    """ "Use delta query" (graph/delta-query-overview), Synchronization reset: 410 and a Location."""
    return Refusal(
        410,
        "syncStateNotFound",
        "The sync state generation is not found. The delta token is expired and data must be"
        " synchronized again.",
        {"Location": location},
    )


def inefficient_filter() -> Refusal:
    """ "List messages" (graph/api/user-list-messages), Using filter and orderby in the same query."""
    return Refusal(
        400,
        "InefficientFilter",
        "The restriction or sort order is too complex for this operation.",
    )


def bad_query(message: str) -> Refusal:
    """A query option that names a property which does not exist, or is no query option at all.

    "Use query parameters" (graph/query-parameters). The code is the one seen in the mail API's
    answers; no page has it.
    """
    return Refusal(400, "RequestBroker--ParseUri", message)


def bad_filter(message: str) -> Refusal:
    """A `$filter` that is understood and not supported: seen in answers, on no page."""
    return Refusal(400, "ErrorInvalidUrlQueryFilter", message)


def bad_request(message: str) -> Refusal:
    """400 of graph/errors."""
    return Refusal(400, "BadRequest", message)


def no_such_path(path: str) -> Refusal:
    """A path that this tenant does not have."""
    return Refusal(400, "RequestBroker--ParseUri", f"Resource not found for the segment '{path}'.")


def method_not_allowed() -> Refusal:
    """405, as the example of "JSON batching" (graph/json-batching) shows it."""
    return Refusal(
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
    )


def folder_exists(name: str) -> Refusal:
    """409: "Create mailFolder" (graph/api/user-post-mailfolders); the code is seen in answers."""
    return Refusal(
        409, "ErrorFolderExists", f"A folder with the specified name already exists., {name}"
    )
