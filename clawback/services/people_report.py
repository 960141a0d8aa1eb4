"""Accounts, tokens and the audit log as JSON, the same for every edge that prints it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict

from clawback.services.report import View, iso
from models.audit import AuditEntry, AuditReport
from models.people import ApiToken, Role, User


def user_view(user: User) -> View:
    """One account; of its password nothing but when it was set."""
    return {
        "name": user.name,
        "roles": role_list(user.roles),
        "created_at": iso(user.created_at),
        "created_by": user.created_by,
        "password_changed_at": iso(user.password_changed_at),
        "disabled_at": iso(user.disabled_at),
        "last_login_at": iso(user.last_login_at),
    }


def token_view(token: ApiToken) -> View:
    """One token, without its secret."""
    return {
        "id": token.id,
        "user": token.user,
        "label": token.label,
        "roles": role_list(token.roles),
        "created_at": iso(token.created_at),
        "created_by": token.created_by,
        "expires_at": iso(token.expires_at),
        "revoked_at": iso(token.revoked_at),
        "last_used_at": iso(token.last_used_at),
    }


def role_list(roles: Collection[Role]) -> list[str]:
    """The roles in the order in which they are declared."""
    return [role.value for role in Role if role in roles]


def entry_view(entry: AuditEntry) -> View:
    """One entry of the audit log exactly as it is stored: `details` is JSON within a text."""
    return asdict(entry)


def audit_view(report: AuditReport) -> View:
    """What a check of the audit log came to."""
    return {
        "sound": not report.faults_found,
        "entries": report.entries,
        "head": str(report.head),
        "faults": [{"entry": fault.entry, "what": fault.what} for fault in report.faults],
        "faults_found": report.faults_found,
    }
