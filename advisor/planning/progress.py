"""How far has a campaign's plan been carried out, over all the resources that it raises?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from advisor.domain.readiness import Progress
from advisor.planning.presence import Standing, overdue
from advisor.planning.schedule import standing_at


def progress_of(standings: Iterable[Standing], now: datetime) -> Progress:
    """One word for all of a campaign's resources at `now`, by what was agreed and what was seen to stand."""
    due = [one for one in standings if not one.resource.is_fixed and _due(one, now) > one.resource.minimum]
    if not due:
        return Progress.PLANNED
    stand = [one for one in due if one.seen_floor >= _due(one, now)]
    if len(stand) == len(due):
        return Progress.RAISED
    if any(_is_stuck(one, now) for one in due if one not in stand):
        return Progress.PARTLY_RAISED if stand else Progress.FAILED
    return Progress.RAISING


def _due(standing: Standing, now: datetime) -> int:
    return standing_at(standing.laid.state.plan, now, standing.resource.minimum)


def _is_stuck(standing: Standing, now: datetime) -> bool:
    """Is something in the way that will not pass by itself, or did it take too long already?"""
    return bool(standing.obstacles) or overdue(standing, now) is not None
