"""What a finished demo has to tell: what was demanded, foreseen, set and supplied, and the marks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, from_epoch_s
from advisor.simulation.comparison import Scorecard
from advisor.simulation.reactive import Supply, Units
from streams.demo.frame import Band, SaleNow

BEFORE = timedelta(hours=3)
AFTER = timedelta(hours=2, minutes=30)


@dataclass(frozen=True, slots=True)
class Act:
    """A floor that was really set, at event time."""

    at: datetime
    before: int | None
    after: int
    reasons: str = ""


@dataclass(frozen=True, eq=False)
class DemoStory:
    """Arrays of shape (n,) on the steps `times_s`; `supplies` and `scorecards` share their keys, in order.

    The first scaler is the one to beat, the last is Headstart's. `floor` is Headstart's in units.
    `forecast` is the band as it stood at `forecast_cutoff`, before the sale. `sale` is the campaign to
    look at closely, None if there was none.
    """

    service: str
    resource: str
    timezone: str
    times_s: Seconds
    demand: Floats
    unit_capacity: float
    lead_time_s: int
    floor: Units
    supplies: Mapping[str, Supply]
    scorecards: Mapping[str, Scorecard]
    acts: tuple[Act, ...] = ()
    sale: SaleNow | None = None
    forecast: Band | None = None
    forecast_cutoff: datetime | None = None

    def local(self, moment: datetime) -> datetime:
        """The moment on the service's own clock."""
        return moment.astimezone(ZoneInfo(self.timezone))

    @property
    def close_up(self) -> tuple[datetime, datetime]:
        """The span to look at closely: around the sale, or everything where there was none."""
        first, last = from_epoch_s(int(self.times_s[0])), from_epoch_s(int(self.times_s[-1]))
        if self.sale is None:
            return first, last
        return max(first, self.sale.start - BEFORE), min(last, self.sale.end + AFTER)

    @property
    def acts_around_sale(self) -> tuple[Act, ...]:
        """The acts within the close-up."""
        first, last = self.close_up
        return tuple(act for act in self.acts if first <= act.at <= last)


def headline(story: DemoStory) -> str:
    """What came of it, in two plain sentences."""
    names = list(story.scorecards)
    theirs, ours = story.scorecards[names[0]], story.scorecards[names[-1]]
    return (
        f"In the first ten minutes of the campaign {names[0]} lacked {theirs.first_minutes_shortfall:.0%} of"
        f" the units that demand needed, on average; {names[-1]} lacked {ours.first_minutes_shortfall:.0%}."
        f" Over the campaign that is {_minutes(theirs.minutes_short_in_windows)} short against"
        f" {_minutes(ours.minutes_short_in_windows)}, for {extra_cost(theirs, ours)}."
    )


def summary(story: DemoStory) -> str:
    """The same for machines: a JSON object of scorecards, acts and the verdict before the campaign."""
    sale = story.sale
    return json.dumps(
        {
            "service": story.service,
            "resource": story.resource,
            "scorecards": {name: asdict(card) for name, card in story.scorecards.items()},
            "acts": [{"at": a.at.isoformat(), "before": a.before, "after": a.after} for a in story.acts],
            "campaign": sale
            and {
                "title": sale.title,
                "start": sale.start.isoformat(),
                "end": sale.end.isoformat(),
                "readiness": sale.readiness,
                "reasons": list(sale.reasons),
            },
        },
        indent=2,
    )


def extra_cost(theirs: Scorecard, ours: Scorecard) -> str:
    """How many more (or fewer) unit-hours did ours take, and what share of theirs is that?"""
    difference = ours.unit_hours - theirs.unit_hours
    share = difference / theirs.unit_hours if theirs.unit_hours else 0.0
    if abs(difference) < 0.5:
        return "the same number of unit-hours"
    return f"{abs(difference):,.0f} unit-hours {'more' if difference > 0 else 'less'} ({share:+.1%})"


def _minutes(minutes: float) -> str:
    return f"{minutes:,.0f} minute{'' if round(minutes) == 1 else 's'}"
