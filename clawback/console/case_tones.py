"""The tones in which states of investigations are shown; the word always stands beside it."""

from __future__ import annotations

from collections.abc import Mapping

from models.actions import ActionStatus
from models.alerts import InvestigationStatus
from models.cases import RemediationStatus
from models.indicators import Verdict

_I = InvestigationStatus
_R = RemediationStatus
_A = ActionStatus

OF_INVESTIGATION: Mapping[InvestigationStatus, str] = {
    _I.STARTING: "busy", _I.RUNNING: "busy", _I.QUEUED_BY_THROTTLING: "busy",
    _I.NO_THREATS_FOUND: "good", _I.REMEDIATED: "good",
    _I.PENDING_ACTION: "warn", _I.PARTIALLY_INVESTIGATED: "warn", _I.PARTIALLY_REMEDIATED: "warn",
    _I.FAILED: "bad", _I.TERMINATED_BY_THROTTLING: "bad", _I.TERMINATED_BY_SYSTEM: "bad",
    _I.TERMINATED_BY_USER: "bad",
}  # fmt: skip

OF_REMEDIATION: Mapping[RemediationStatus, str] = {
    _R.REMEDIATED: "good", _R.PREVENTED: "good", _R.NOT_FOUND: "neutral",
    _R.PENDING: "warn", _R.PARTLY: "warn", _R.DECLINED: "neutral",
    _R.RUNNING: "busy", _R.UNREMEDIATED: "bad", _R.ACTIVE: "bad",
}  # fmt: skip

OF_ACTION: Mapping[ActionStatus, str] = {
    _A.PENDING: "warn", _A.RUNNING: "busy", _A.COMPLETED: "good", _A.FAILED: "bad",
    _A.REJECTED: "neutral", _A.EXPIRED: "bad", _A.CANCELLED: "neutral",
}  # fmt: skip

OF_VERDICT: Mapping[Verdict, str] = {
    Verdict.MALICIOUS: "bad",
    Verdict.SUSPICIOUS: "warn",
    Verdict.CLEAN: "good",
    Verdict.UNKNOWN: "neutral",
}
