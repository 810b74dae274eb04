"""The policy file on what bounds plans: budgets, pools, caps, freezes, approval, and their contradictions."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from advisor.domain.limits import ApprovalPolicy, Budgets, FreezeWindow, Hours, ModeCaps, Pool
from advisor.domain.policy import Mode, Policy
from advisor.errors import ConfigError, Problem
from advisor.policy_file import dump_policy, parse_policy

WEB, API, DATABASE, PAYMENT = "sim://web", "sim://api", "sim://database", "fixed://payment"
ESTATE = f"""\
version: 1
resources:
  {WEB}: {{serves: shop, unit_capacity: 10, min: 4, max: 60, price_per_unit_hour: 0.1, mode: auto}}
  {API}: {{serves: shop, unit_capacity: 10, min: 3, max: 40, price_per_unit_hour: 0.1, mode: approve}}
  {DATABASE}: {{serves: shop, unit_capacity: 99, min: 2, max: 15}}
  {PAYMENT}: {{serves: shop, limit: 400}}
"""
PRICED = ESTATE + "defaults: {price_per_unit_hour: 1}\n"


def policy_of(text: str) -> Policy:
    """The policy that a text means, after a round trip that must change nothing."""
    file = parse_policy(text, "policy.yaml")
    assert parse_policy(dump_policy(file), "again") == file
    return file.policy


def problem_of(text: str, path: str) -> Problem:
    """The one problem of a bad policy, which is found at this path."""
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "policy.yaml")
    (problem,) = caught.value.problems
    assert problem.path.split(" (line")[0] == path
    return problem


def test_budgets_bound_a_campaign_a_day_and_a_teams_month():
    """Three kinds of bound, in one currency."""
    policy = policy_of(
        PRICED + "budget: {currency: USD, per_campaign: 500, per_day: 900, per_team: {growth: 2000}}\n"
    )

    assert policy.budgets == Budgets(500.0, 900.0, {"growth": 2000.0})
    assert policy.currency == "USD"


@pytest.mark.parametrize(
    ("bound", "named"),
    [
        ("budget: {per_day: 900}", "budget.per_day"),
        ("budget: {per_team: {growth: 2000}}", "budget.per_team"),
    ],
)
def test_a_bound_on_money_needs_the_price_of_everything_that_can_be_scaled(bound, named):
    """A resource without a price would escape the bound; what cannot be scaled costs nothing more."""
    problem = problem_of(f"{ESTATE}{bound}\n", f'resources["{DATABASE}"].price_per_unit_hour')

    assert f"`{named}`" in problem.message


@pytest.mark.parametrize("empty", ["budget: {per_team: {}}", "budget: {per_day: null}"])
def test_no_bound_needs_no_price(empty):
    """What bounds nothing asks nothing of a resource."""
    assert policy_of(f"{ESTATE}{empty}\n").budgets == Budgets()


@pytest.mark.parametrize(
    ("bound", "named"),
    [
        ("caps: {auto: {max_cost_per_hour: 9}}", "caps.auto.max_cost_per_hour"),
        ("approval: {two_people_above: 9}", "approval.two_people_above"),
    ],
)
def test_a_cap_on_cost_needs_the_prices_of_its_modes_resources(bound, named):
    """Only what is in a mode that the cap holds for must have a price."""
    policy_of(f"{ESTATE}{bound}\n")
    unpriced = ESTATE.replace("price_per_unit_hour: 0.1, mode: auto", "mode: auto")

    problem = problem_of(f"{unpriced}{bound}\n", f'resources["{WEB}"].price_per_unit_hour')

    assert f"`{named}`" in problem.message


def test_a_pool_has_a_limit_users_and_providers():
    """Each in its own numbers per unit."""
    pool = f"{{limit: 50, uses: {{{WEB}: 20, {API}: 5}}, provides: {{{DATABASE}: 30}}}}"

    policy = policy_of(f"{ESTATE}pools: {{connections: {pool}}}\n")

    assert policy.pools == {"connections": Pool("connections", 50.0, {API: 5.0, WEB: 20.0}, {DATABASE: 30.0})}


def test_the_ordinary_minimum_must_fit_into_a_pool():
    """4 x 20 + 3 x 5 are 95; a limit of 30 and 2 x 30 provided are 90."""
    text = (
        f"{ESTATE}pools: {{p: {{limit: 30, uses: {{{WEB}: 20, {API}: 5}}, provides: {{{DATABASE}: 30}}}}}}\n"
    )

    problem = problem_of(text, "pools.p.limit")

    assert "takes 95, and there are 90" in problem.message
    policy_of(text.replace("limit: 30", "limit: 35"))


@pytest.mark.parametrize(
    ("pool", "path", "message"),
    [
        (f"{{limit: -1, uses: {{{WEB}: 1}}}}", "limit", "at least 0"),
        ("{limit: 1, uses: {}}", "uses", "must not be empty"),
        (f"{{limit: 99, uses: {{{WEB}: 0}}}}", f'uses["{WEB}"]', "more than 0"),
        (f"{{limit: 99, uses: {{{WEB}: 1}}, provides: {{{WEB}: 2}}}}", f'provides["{WEB}"]', "both"),
        (f"{{limit: 99, uses: {{{PAYMENT}: 1}}}}", f'uses["{PAYMENT}"]', "cannot be scaled"),
        ("{limit: 99, uses: {sim://wep: 1}}", 'uses["sim://wep"]', "is not a resource of this file"),
        (f"{{limit: 99, use: 3, uses: {{{WEB}: 1}}}}", "use", "is not an option here"),
    ],
)
def test_a_pool_that_contradicts_itself_is_refused(pool, path, message):
    """Its numbers have bounds, and its resources exist and can be scaled."""
    problem = problem_of(f"{ESTATE}pools: {{p: {pool}}}\n", f"pools.p.{path}")

    assert message in problem.message


def test_a_pools_resource_that_is_nearly_right_is_recognised():
    """A typing error is answered with what was probably meant."""
    problem = problem_of(
        f"{ESTATE}pools: {{p: {{limit: 99, uses: {{sim://databse: 1}}}}}}\n", 'pools.p.uses["sim://databse"]'
    )

    assert problem.fix == f"did you mean `{DATABASE}`?"


def test_caps_bound_the_modes_that_act():
    """By multiple, by cost per hour, and by hours in a time zone; all days where none are named."""
    policy = policy_of(
        f"{ESTATE}caps:\n"
        "  auto: {max_multiplier: 5, max_cost_per_hour: 100,\n"
        "         hours: {from: 08:00, to: 20:00, days: [fri, mon], timezone: Europe/Berlin}}\n"
        "  approve: {hours: {from: 22:00, to: 00:00}}\n"
    )

    assert policy.caps == {
        Mode.APPROVE: ModeCaps(hours=Hours(time(22), time(0), frozenset(range(7)), "UTC")),
        Mode.AUTO: ModeCaps(5.0, 100.0, Hours(time(8), time(20), frozenset({0, 4}), "Europe/Berlin")),
    }


@pytest.mark.parametrize(
    ("caps", "path", "message"),
    [
        ("{recommend: {max_multiplier: 2}}", "recommend", "is not an option here"),
        ("{auto: {max_multiplier: 0.5}}", "auto.max_multiplier", "at least 1"),
        ("{auto: {max_cost_per_hour: 0}}", "auto.max_cost_per_hour", "more than 0"),
        ("{auto: {hours: {from: 08:00}}}", "auto.hours.to", "is missing"),
        ("{auto: {hours: {from: 08:00, to: 08:00}}}", "auto.hours.to", "same as from"),
        ("{auto: {hours: {from: 8:00, to: 20:00}}}", "auto.hours.from", "not a time of day"),
        ("{auto: {hours: {from: 08:00, to: 24:00}}}", "auto.hours.to", "not a time of day"),
        ("{auto: {hours: {from: 800, to: 20:00}}}", "auto.hours.from", "not a time of day"),
        ("{auto: {hours: {from: 08:00, to: 20:00, days: []}}}", "auto.hours.days", "must not be empty"),
        ("{auto: {hours: {from: 08:00, to: 20:00, days: [mon, mon]}}}", "auto.hours.days", "a day twice"),
        ("{auto: {hours: {from: 08:00, to: 20:00, days: [day]}}}", "auto.hours.days[0]", "must be mon"),
        ("{auto: {hours: {from: 08:00, to: 20:00, timezone: Europe}}}", "auto.hours.timezone", "not an IANA"),
    ],
)
def test_caps_that_cannot_be_meant_are_refused(caps, path, message):
    """Modes, multiples, hours, days and zones are checked one by one."""
    assert message in problem_of(f"{ESTATE}caps: {caps}\n", f"caps.{path}").message


def test_a_time_zone_that_is_nearly_right_is_recognised():
    """A typing error is answered with what was probably meant."""
    text = f"{ESTATE}caps: {{auto: {{hours: {{from: 08:00, to: 20:00, timezone: Europe/Brelin}}}}}}\n"

    assert problem_of(text, "caps.auto.hours.timezone").fix == "did you mean `Europe/Berlin`?"


def test_a_day_written_in_full_is_recognised():
    """Days have three letters."""
    text = f"{ESTATE}caps: {{auto: {{hours: {{from: 08:00, to: 20:00, days: [Monday]}}}}}}\n"

    assert problem_of(text, "caps.auto.hours.days[0]").fix == "did you mean `mon`?"


def freeze_of(*options: str) -> FreezeWindow:
    """The one freeze of a policy with these options."""
    (freeze,) = policy_of(f"{ESTATE}freezes: [{{why: peak, {', '.join(options)}}}]\n").freezes
    return freeze


@pytest.mark.parametrize(
    ("start", "end", "zone", "since", "until"),
    [
        ("2026-11-26T00:00", "2026-11-30T06:00", None, (26, 0), (30, 6)),
        ("2026-11-26T00:00", "2026-11-30T06:00", "Europe/Berlin", (25, 23), (30, 5)),
        ("2026-11-26T00:00Z", "2026-11-30T06:00:00+02:00", "Europe/Berlin", (26, 0), (30, 4)),
    ],
)
def test_a_freeze_is_local_to_its_zone_or_carries_an_offset(start, end, zone, since, until):
    """Without a zone it is UTC; an offset of its own counts first."""
    freeze = freeze_of(f"start: {start}", f"end: {end}", *([f"timezone: {zone}"] if zone else []))

    assert freeze.start == datetime(2026, 11, *since, tzinfo=UTC)
    assert freeze.end == datetime(2026, 11, *until, tzinfo=UTC)
    assert (freeze.why, freeze.resources) == ("peak", ())


@pytest.mark.parametrize(
    ("start", "end", "since", "until"),
    [
        ("2026-10-25T02:30", "2026-10-25T02:45", "2026-10-25T00:30", "2026-10-25T01:45"),  # comes twice
        ("2026-03-29T02:30", "2026-03-29T02:45", "2026-03-29T00:30", "2026-03-29T01:45"),  # is left out
    ],
)
def test_a_freeze_over_the_clocks_change_is_the_longer_of_its_readings(start, end, since, until):
    """Whoever means the shorter one is frozen for an hour more, never for an hour less."""
    freeze = freeze_of(f"start: {start}", f"end: {end}", "timezone: Europe/Berlin")

    assert freeze.start == datetime.fromisoformat(since).replace(tzinfo=UTC)
    assert freeze.end == datetime.fromisoformat(until).replace(tzinfo=UTC)


def test_a_freeze_may_be_of_some_resources():
    """Those must exist."""
    when = ("start: 2026-11-26T00:00", "end: 2026-11-27T00:00")

    assert freeze_of(*when, f"resources: [{WEB}, {API}]").resources == (API, WEB)


@pytest.mark.parametrize(
    ("freeze", "path", "message"),
    [
        ("{start: 2026-11-26T00:00, end: 2026-11-26T00:00, why: a}", "end", "is not after start"),
        ("{start: 2026-11-26, end: 2026-11-27T00:00, why: a}", "start", "is not a time"),
        ("{start: 2026-11-26T00:00, end: 2026-11-31T00:00, why: a}", "end", "is not a time"),
        ("{start: 0001-01-01T00:00, end: 2026-11-27T00:00, why: a}", "start", "between 1970 and 2199"),
        ("{start: 2026-11-26T00:00, end: 2026-11-27T00:00}", "why", "is missing"),
        (
            "{start: 2026-11-26T00:00, end: 2026-11-27T00:00, why: a, resources: []}",
            "resources",
            "must not be empty",
        ),
        (
            "{start: 2026-11-26T00:00, end: 2026-11-27T00:00, why: a, resources: [sim://wep]}",
            "resources[0]",
            "is not a resource of this file",
        ),
    ],
)
def test_a_freeze_that_cannot_be_meant_is_refused(freeze, path, message):
    """It has a beginning, a later end, a reason, and resources that exist."""
    assert message in problem_of(f"{ESTATE}freezes: [{freeze}]\n", f"freezes[0].{path}").message


def test_people_agree_for_a_week_and_one_is_enough_unless_the_policy_says_otherwise():
    """The threshold for a second person, and for how long an approval holds."""
    priced = policy_of(f"{PRICED}approval: {{two_people_above: 0, valid_for: 2d}}\n")

    assert policy_of(ESTATE).approval == ApprovalPolicy(None, timedelta(days=7))
    assert priced.approval == ApprovalPolicy(0.0, timedelta(days=2))


def test_risk_and_the_absurd_reach_the_policy():
    """Two ratios that hold for the whole estate."""
    policy = policy_of(f"{ESTATE}risk: 0.05\nabsurd_multiplier: 30\n")

    assert (policy.risk, policy.absurd_multiplier) == (0.05, 30.0)


@pytest.mark.parametrize(
    "line",
    [
        "risk: 0.03",
        "absurd_multiplier: 21",
        "budget: {per_day: 9}",
        "budget: {per_team: {a: 9}}",
        f"pools: {{p: {{limit: 9, uses: {{{WEB}: 1}}}}}}",
        "caps: {auto: {max_multiplier: 9}}",
        "freezes: [{start: 2026-11-26T00:00, end: 2026-11-27T00:00, why: a}]",
        "approval: {valid_for: 8d}",
    ],
)
def test_every_bound_is_part_of_the_version(line):
    """Whatever a decision may depend on changes the version."""
    assert policy_of(f"{PRICED}{line}\n").version != policy_of(PRICED).version
