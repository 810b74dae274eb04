"""The data of a command, as a person or a tool of theirs writes it. Times carry an offset or Z."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from streams.codec.campaign_model import Amount, CampaignId, Revision, Word


def _a_name(text: str) -> str:
    """The name without the blanks around it. ValueError if nothing is left."""
    if not text.strip():
        raise ValueError("is empty: say who sends this")
    return text.strip()


def _has_offset(text: str) -> str:
    instant(text)
    return text


def instant(text: str) -> datetime:
    """When is this, in UTC? ValueError for no ISO 8601 time, and for one without an offset."""
    try:
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return written.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is no ISO 8601 time; write e.g. 2026-11-27T10:00:00Z") from error
    raise ValueError("has no offset; write e.g. 2026-11-27T10:00:00Z or ...+01:00")


By = Annotated[
    str,
    Field(max_length=255, pattern=r"\S", description="Who says so; of each person the latest word counts"),
    AfterValidator(_a_name),
]
Why = Annotated[str, Field(max_length=1024, description="For the people who read it later")]
Instant = Annotated[
    str, Field(description="ISO 8601 with an offset or Z", max_length=64), AfterValidator(_has_offset)
]
Units = Annotated[int, Field(ge=0, le=2**31 - 1)]


class _Command(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    by: By
    why: Why = ""


class ApproveData(_Command):
    """Data of io.headstart.command.approve.v1: how far Headstart may go for one revision of a campaign."""

    campaign_id: CampaignId
    revision: Revision
    resources: Annotated[
        dict[Word, Units], Field(min_length=1, description="The most units of each; others are not approved")
    ]
    max_cost: Annotated[Amount | None, Field(description="The campaign's most extra cost")] = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217, e.g. EUR")]
    start: Instant
    end: Instant
    expires_at: Instant


class RejectData(_Command):
    """Data of io.headstart.command.reject.v1: nothing is to be done for this revision of a campaign."""

    campaign_id: CampaignId
    revision: Revision


class RehearseData(_Command):
    """Data of io.headstart.command.rehearse.v1: raise by a small step for real, watch, and put back."""

    campaign_id: CampaignId
    floors: Annotated[dict[Word, Units], Field(min_length=1, description="The floor to try, by resource")]
    until: Annotated[Instant, Field(description="When all is put back at the latest")]
    watch_s: Annotated[
        int, Field(ge=0, le=86_400, description="Seconds to watch it for, once its units serve")
    ] = 300


class ScopeData(_Command):
    """What commands about a scope have in common."""

    scope: Word


class HoldData(ScopeData):
    """Data of io.headstart.command.hold.v1: nobody acts on a resource, or for a campaign, until resumed."""

    scope: Annotated[Word, Field(description="A resource's or a campaign's id")]


class ResumeData(ScopeData):
    """Data of io.headstart.command.resume.v1: every hold and freeze of the scope is over."""

    scope: Annotated[Word, Field(description="A resource's or a campaign's id; * for all that is held")]


class FreezeData(ScopeData):
    """Data of io.headstart.command.freeze.v1, the kill switch: nothing is changed, what stands, stands."""

    scope: Annotated[Word, Field(description="A resource's id; * for everything")]
    disarm: Annotated[
        bool, Field(description="Also take back the steps that platforms would carry out by themselves")
    ] = False
