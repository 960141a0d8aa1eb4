"""The tones in which states of investigations are shown; the word always stands beside it."""

from __future__ import annotations

from collections.abc import Mapping

from models.actions import ActionStatus
from models.alerts import InvestigationStatus
from models.case_graph import Tone
from models.cases import RemediationStatus
from models.indicators import Verdict
from models.locations import Bucket

_R = RemediationStatus
_I = InvestigationStatus
_A = ActionStatus
OF_REMEDIATION: Mapping[RemediationStatus, Tone] = {
    _R.REMEDIATED: Tone.GOOD, _R.PREVENTED: Tone.GOOD, _R.NOT_FOUND: Tone.NEUTRAL,
    _R.PENDING: Tone.WARN, _R.PARTLY: Tone.WARN, _R.DECLINED: Tone.NEUTRAL,
    _R.RUNNING: Tone.BUSY, _R.UNREMEDIATED: Tone.BAD, _R.ACTIVE: Tone.BAD,
}  # fmt: skip
OF_VERDICT: Mapping[Verdict, Tone] = {
    Verdict.MALICIOUS: Tone.BAD, Verdict.SUSPICIOUS: Tone.WARN,
    Verdict.CLEAN: Tone.GOOD, Verdict.UNKNOWN: Tone.NEUTRAL,
}  # fmt: skip
OF_ACTION: Mapping[ActionStatus, Tone] = {
    _A.PENDING: Tone.WARN, _A.RUNNING: Tone.BUSY, _A.COMPLETED: Tone.GOOD, _A.FAILED: Tone.BAD,
    _A.REJECTED: Tone.NEUTRAL, _A.EXPIRED: Tone.BAD, _A.CANCELLED: Tone.NEUTRAL,
}  # fmt: skip
OF_INVESTIGATION: Mapping[InvestigationStatus, Tone] = {
    _I.STARTING: Tone.BUSY, _I.RUNNING: Tone.BUSY, _I.QUEUED_BY_THROTTLING: Tone.BUSY,
    _I.NO_THREATS_FOUND: Tone.GOOD, _I.REMEDIATED: Tone.GOOD,
    _I.PENDING_ACTION: Tone.WARN, _I.PARTIALLY_INVESTIGATED: Tone.WARN,
    _I.PARTIALLY_REMEDIATED: Tone.WARN,
    _I.FAILED: Tone.BAD, _I.TERMINATED_BY_THROTTLING: Tone.BAD,
    _I.TERMINATED_BY_SYSTEM: Tone.BAD, _I.TERMINATED_BY_USER: Tone.BAD,
}  # fmt: skip
OF_BUCKET: Mapping[Bucket, Tone] = {
    Bucket.MAILBOX: Tone.BAD, Bucket.NOT_IN_MAILBOX: Tone.GOOD,
    Bucket.EXTERNAL: Tone.NEUTRAL, Bucket.UNKNOWN: Tone.WARN,
}  # fmt: skip
