"""What people call the courses of a decision, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping

from models.what_if import Course, Fate

COURSES: Mapping[Course, str] = {
    Course.RAN: "Runs by itself",
    Course.WAITED: "Waits for approval",
    Course.NO_ACTION: "No action",
    Course.RECORDED: "Recorded only",
    Course.UNTOLD: "Cannot be told",
}
"""By course; `Recorded only` is what the mode observe makes of what would run."""

FATES: Mapping[Fate, str] = {
    Fate.REVERTED: "Reverted later",
    Fate.REJECTED: "Rejected",
    Fate.CANCELLED: "Cancelled",
    Fate.APPROVED: "Approved",
    Fate.RAN: "Ran",
    Fate.LAPSED: "Lapsed",
    Fate.PENDING: "Pending",
    Fate.NONE: "No action",
}
"""By fate; `Lapsed` expired, or nothing was left to do."""
