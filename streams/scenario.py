"""A campaign as it is supposed in one line, `kind=flash_sale,start=2026-11-27T18:00,...`: read and checked.

The check is the one that a real announcement meets. All problems are told at once, with what was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from zoneinfo import available_timezones

from pydantic import ValidationError

from advisor.domain.campaign import Campaign
from advisor.domain.policy import Policy
from advisor.domain.timegrid import to_iso
from advisor.errors import ConfigError, Problem
from streams.codec.campaign_model import ScheduledData, read_instant
from streams.codec.campaigns import campaign_data, campaign_of

FIELDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "kind": (("kind",), "flash_sale"),
    "start": (("start",), "2026-11-27T18:00"),
    "end": (("end",), "2026-11-27T20:00"),
    "service": (("services",), "web-shop"),
    "timezone": (("timezone",), "Europe/Berlin"),
    "name": (("name",), "Black Friday"),
    "audience": (("audience",), "2e6"),
    "send_rate": (("send_rate_per_min",), "150000"),
    "uplift_p50": (("expected_uplift", "p50"), "3"),
    "uplift_p90": (("expected_uplift", "p90"), "4.5"),
    "channel": (("channels",), "email"),
    "owner": (("owner",), "ada"),
    "team": (("team",), "crm"),
    "max_cost": (("budget", "max_cost"), "400"),
    "currency": (("budget", "currency"), "EUR"),
    "source": (("source",), "/marketing"),
    "id": (("campaign_id",), "bf-2026"),
}
"""What may stand before `=`: where it belongs in a campaign's data, and an example."""

_NUMBERS = {"audience", "send_rate", "uplift_p50", "uplift_p90", "max_cost"}
_LISTS = {"service", "channel"}
_WHERE = {path: name for name, (path, _) in FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Supposed:
    """What a scenario is read against: the policy, now, the campaign it changes (if any), and its number.

    `source` is whose word a new campaign counts as, where the scenario does not say; `taken` are the ids
    of campaigns there are.
    """

    policy: Policy
    now: datetime
    source: str
    number: int = 1
    changes: Campaign | None = None
    taken: frozenset[str] = frozenset()


def read_scenario(text: str, supposed: Supposed) -> Campaign:
    """The campaign that a line describes. Raises one ConfigError with every problem.

    A campaign that is moved by its `start` alone keeps its length. Fields that may have several values are
    given several times: `service=web-shop,service=search`.
    """
    given, problems = _split(text)
    data = _data(given, supposed)
    campaign: Campaign | None = None
    try:
        checked = ScheduledData.model_validate({k: v for k, v in data.items() if k != "source"})
    except ValidationError as error:
        bad = {problem.path for problem in problems}
        told = (_problem(dict(one)) for one in error.errors(include_url=False))
        problems += [problem for problem in told if problem.path not in bad]
    else:
        campaign = campaign_of(checked, announced_at=supposed.now, source=data["source"])
    problems += _unknown_to_the_policy(data, supposed)
    if campaign is not None and campaign.end <= supposed.now:
        now = to_iso(supposed.now)
        problems.append(Problem("end", data["end"], f"is over: it is {now}", "suppose one still to come"))
    if problems or campaign is None:
        raise ConfigError(f"--what-if {text}", problems)
    return campaign


def _split(text: str) -> tuple[dict[str, Any], list[Problem]]:
    """Fields as given, numbers and lists as such, and what could not be read."""
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for part in (part.strip() for part in text.split(",")):
        name, has_value, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not has_value:
            problems.append(Problem(part or "a field", part, "is not field=value", _hint(name)))
        elif name not in FIELDS:
            problems.append(Problem(name or "a field", value, "is no field of a campaign", _hint(name)))
        elif not value:
            problems.append(Problem(name, value, "is empty", f"write e.g. {name}={FIELDS[name][1]}"))
        elif name in _LISTS:
            given.setdefault(name, []).append(value)
        elif name in given:
            problems.append(Problem(name, value, f"stands twice, first as {given[name]!r}", "give it once"))
        elif name in _NUMBERS:
            given[name] = _number(name, value, problems)
        else:
            given[name] = value
    return {name: value for name, value in given.items() if value is not None}, problems


def _number(name: str, value: str, problems: list[Problem]) -> float | None:
    try:
        return float(value)
    except ValueError:
        problems.append(Problem(name, value, "is no number", f"write e.g. {name}={FIELDS[name][1]}"))
        return None


def _hint(name: str) -> str:
    meant = get_close_matches(name, FIELDS, n=1, cutoff=0.5)
    if meant:
        return f"did you mean {meant[0]}={FIELDS[meant[0]][1]}?"
    return f"there are {', '.join(FIELDS)}"


def _data(given: Mapping[str, Any], supposed: Supposed) -> dict[str, Any]:
    """The campaign's data: the one that is changed, if any, with what is given on top."""
    old = supposed.changes
    data: dict[str, Any] = {
        "campaign_id": f"what-if-{supposed.number}",
        "revision": 1,
        "name": f"what if {supposed.number}",
        "source": supposed.source,
    }
    if old is not None:
        data |= campaign_data(old) | {"revision": old.revision + 1, "source": old.source}
        data["name"] = f"{old.title}, what if {supposed.number}"
    for name, value in given.items():
        first, *rest = FIELDS[name][0]
        data[first] = {**(data.get(first) or {}), rest[0]: value} if rest else value
    if "max_cost" in given and "currency" not in data["budget"]:
        data["budget"]["currency"] = supposed.policy.currency
    if old is not None and "start" in given and "end" not in given:
        with suppress(ValueError, OverflowError):  # the model says what is wrong with the start or the zone
            data["end"] = to_iso(read_instant(given["start"], data["timezone"]) + (old.end - old.start))
    return data


def _problem(error: dict[str, Any]) -> Problem:
    """What the model found, in the words of the line."""
    path = tuple(part for part in error["loc"] if isinstance(part, str))
    name = _WHERE.get(path) or {"expected_uplift": "uplift_p50", "budget": "max_cost"}.get(path[0], path[0])
    example = f"{name}={FIELDS[name][1]}" if name in FIELDS else "another value"
    if error["type"] == "missing":
        return Problem(name, None, "is missing", f"add e.g. {example}")
    fix = f"write e.g. {example}"
    if name == "timezone":
        meant = get_close_matches(str(error["input"]), available_timezones(), n=1, cutoff=0.6)
        fix = f"did you mean {meant[0]}?" if meant else fix
    return Problem(name, error["input"], error["msg"].removeprefix("Value error, "), fix)


def _unknown_to_the_policy(data: Mapping[str, Any], supposed: Supposed) -> Iterator[Problem]:
    """What a real announcement would be accepted with, and then move nothing."""
    policy, old = supposed.policy, supposed.changes
    for service in data.get("services") or ():
        if service not in policy.services:
            yield Problem(
                "service", service, "is served by no resource of the policy", _meant(service, policy.services)
            )
    if policy.sources and data["source"] not in policy.sources:
        fix = f"add source=..., {_meant(data['source'], tuple(policy.sources))}"
        yield Problem("source", data["source"], "is not in the policy's sources: it would move nothing", fix)
    changed = old.campaign_id if old else None
    if data["campaign_id"] != changed and (data["campaign_id"] in supposed.taken or old):
        fix = (
            f"change that one: headstart plan {data['campaign_id']} --what-if ..."
            if not old
            else "leave it out"
        )
        yield Problem("id", data["campaign_id"], "is another campaign's" if not old else "cannot change", fix)


def _meant(word: str, known: tuple[str, ...]) -> str:
    meant = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {meant[0]}?" if meant else f"there are {', '.join(known)}"
