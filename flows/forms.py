"""What a person fills in on the page of a run that waits."""

from __future__ import annotations

from typing import Literal

from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput
from pydantic import ConfigDict, Field

REASON = r"\S[\s\S]+\S"
"""At least three characters that are not white space at the ends, as `approvals.REASON_MIN` wants."""


class ApprovalForm(RunInput):
    """The decision over one pending action.

    No field has a default: a run that goes on without an answer must fail, not move mail.
    """

    model_config = ConfigDict(extra="forbid", title="Decide over this action")

    decision: Literal["approve", "reject"] = Field(
        title="Decision",
        description="Approve moves the messages; reject leaves them where they are",
    )
    reason: str = Field(
        title="Reason",
        description="Why, in at least three characters: it goes into the history",
        min_length=3,
        max_length=1000,
        pattern=REASON,
    )
    analyst: str = Field(
        title="Your name",
        description="Recorded as unverified: Prefect does not know who you are",
        min_length=1,
        max_length=200,
        pattern=r"\S",
    )


async def ask_a_person(description: str) -> ApprovalForm:
    """The answer, after a wait without a process and without an end.

    The process ends here; once somebody answers, a new one starts the run from the top and gets it.
    """
    form = ApprovalForm.with_initial_data(description=description)
    return await asuspend_flow_run(wait_for_input=form)
