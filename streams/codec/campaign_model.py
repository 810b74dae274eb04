"""The data of a campaign event, as its owner writes it.

Times are local to `timezone` (an IANA name, UTC if absent) or carry their own offset. Where a change of
the clocks makes a local time ambiguous, the first of the two instants is meant; where it skips a local
time, the instant as far after the change as the time was meant to be (02:30 in a gap from 02:00 to 03:00
is 03:30).
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from advisor.domain.campaign import CampaignBudget, ExpectedUplift, Wave
from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.codec.json_object import shown

_YEARS = range(1970, 2200)

ANYWHERE = tuple(f"Etc/GMT{-hours:+d}" for hours in range(-12, 15))
"""Zones whose clocks are a whole hour apart, from UTC-12 to UTC+14: all places on earth, to the hour."""

Model = TypeVar("Model", bound=BaseModel)

Word = Annotated[str, Field(min_length=1, max_length=255)]
CampaignId = Annotated[Word, Field(description="Stable over every revision; also the Kafka key")]
Revision = Annotated[
    int, Field(ge=0, le=2**31 - 1, description="The highest revision wins, whatever arrived last")
]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Time = Annotated[str, Field(description="ISO 8601; local to `timezone`, or with an offset or Z")]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class UpliftData(_Model):
    """The owner's own figure: demand becomes so many times the usual."""

    p50: Positive
    p90: Positive

    @field_validator("p90")
    @classmethod
    def _not_below_p50(cls, p90: float, info: ValidationInfo) -> float:
        p50 = info.data.get("p50")
        if p50 is not None and p90 < p50:
            raise ValueError(f"is below p50 = {p50}: the 90 % figure is never lower than the 50 % one")
        return p90

    def to_domain(self) -> ExpectedUplift:
        """The same figure as a domain value."""
        return ExpectedUplift(self.p50, self.p90)


class BudgetData(_Model):
    """What the owner will pay for extra capacity."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217, e.g. EUR")]
    max_cost: Amount

    def to_domain(self) -> CampaignBudget:
        """The same budget as a domain value."""
        return CampaignBudget(self.currency, self.max_cost)


class CancelledData(_Model):
    """Data of io.headstart.campaign.cancelled.v1: which revision of which campaign takes it back."""

    campaign_id: CampaignId
    revision: Revision


class ScheduledData(_Model):
    """Data of io.headstart.campaign.scheduled.v1: one revision of an announced event."""

    campaign_id: CampaignId
    revision: Revision
    kind: Annotated[
        Word,
        Field(
            description="e.g. flash_sale, newsletter; effects are learned per kind, and per its first word. "
            "One with the word holiday, e.g. public_holiday, is expected to look like a Sunday at first"
        ),
    ]
    timezone: Annotated[Word, Field(description="IANA name, e.g. Europe/Berlin")] = "UTC"
    start: Time
    end: Time
    local_time: Annotated[
        bool, Field(description="People are reached at `start` by the clocks of their own zones")
    ] = False
    audience_timezones: Annotated[
        dict[Word, Positive],
        Field(
            description="With `local_time`: which part of the audience lives in which IANA zone, 0 to 1. "
            "Without it every zone of the world is planned for as if all people lived there"
        ),
    ] = {}
    services: Annotated[list[Word], Field(min_length=1, description="as the policy names them")]
    name: Annotated[str, Field(max_length=1024)] = ""
    channels: list[Word] = []
    audience: Annotated[Amount | None, Field(description="people reached")] = None
    send_rate_per_min: Annotated[Positive | None, Field(description="messages a minute")] = None
    expected_uplift: UpliftData | None = None
    owner: Annotated[str, Field(max_length=1024)] = ""
    team: Annotated[str, Field(max_length=1024)] = ""
    budget: BudgetData | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        _zone(name)
        return name

    @field_validator("start")
    @classmethod
    def _start_is_a_time(cls, text: str, info: ValidationInfo) -> str:
        _instant(text, _zone(info.data.get("timezone", "UTC")))
        return text

    @field_validator("end")
    @classmethod
    def _end_is_after_start(cls, text: str, info: ValidationInfo) -> str:
        zone = _zone(info.data.get("timezone", "UTC"))
        end, start = _instant(text, zone), info.data.get("start")
        if start is not None and end <= _instant(start, zone):
            raise ValueError(f"is not after start = {start}")
        return text

    @field_validator("audience_timezones")
    @classmethod
    def _zones_add_up(cls, shares: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        for name in shares:
            _zone(name)
        if shares and not info.data.get("local_time", False):
            raise ValueError("needs local_time: true")
        if shares and not 0 < sum(shares.values()) <= 1 + 1e-9:
            raise ValueError(f"adds up to {sum(shares.values()):g}, not to 1")
        return shares

    @field_validator("local_time")
    @classmethod
    def _without_offset(cls, is_local: bool, info: ValidationInfo) -> bool:
        for field in ("start", "end"):
            text = info.data.get(field)
            if is_local and text is not None and datetime.fromisoformat(text).tzinfo is not None:
                raise ValueError(f"{field} = {text} has an offset: people's own clocks decide")
        return is_local

    @property
    def start_at(self) -> datetime:
        """The start as aware UTC: the first zone's, where people are reached by their own clocks."""
        return min((wave.start for wave in self.waves), default=_instant(self.start, _zone(self.timezone)))

    @property
    def end_at(self) -> datetime:
        """The end as aware UTC, after the start: the last zone's, where there are several."""
        return max((wave.end for wave in self.waves), default=_instant(self.end, _zone(self.timezone)))

    @property
    def waves(self) -> tuple[Wave, ...]:
        """The audience by zone, where people are reached by their own clocks; otherwise none."""
        if not self.local_time:
            return ()
        shares = self.audience_timezones or dict.fromkeys(ANYWHERE, 1.0)
        return tuple(
            Wave(name, _instant(self.start, _zone(name)), _instant(self.end, _zone(name)), share)
            for name, share in sorted(shares.items())
        )


def validated(model: type[Model], data: dict[str, Any], schema: str = "campaign.v1.json") -> Model:
    """The data as this model. Raises one DecodeError that names every field at fault, and the schema."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        all_missing = all(problem["type"] == "missing" for problem in problems)
        raise DecodeError(
            Reason.FIELD_MISSING if all_missing else Reason.FIELD_INVALID,
            "; ".join(_sentence(dict(problem)) for problem in problems)
            + f". Fix: follow deploy/schemas/{schema}",
        ) from error


def _sentence(problem: dict[str, Any]) -> str:
    """One problem in words: field, what is wrong, what was found."""
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{field} is missing"
    return f"{field}: {problem['msg'].removeprefix('Value error, ')} (found {shown(problem['input'])})"


def _zone(name: str) -> tzinfo:
    """The IANA zone of this name. Raises ValueError for a name that the zone database does not hold."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is no IANA time zone; write e.g. Europe/Berlin") from error


def _instant(text: str, zone: tzinfo) -> datetime:
    """When is this, in UTC? ValueError for no ISO 8601 time, a bare date, or a year out of range."""
    try:
        written = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is no ISO 8601 time; write e.g. 2026-11-27T10:00:00") from error
    if len(text) <= len("2026-11-27"):
        raise ValueError("is a date without a time of day; write e.g. 2026-11-27T10:00:00")
    if written.year not in _YEARS:
        raise ValueError(f"is not between {_YEARS.start} and {_YEARS.stop}")
    aware = written if written.tzinfo is not None else written.replace(tzinfo=zone, fold=0)
    return aware.astimezone(UTC)
