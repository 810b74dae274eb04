"""The policy file on a resource itself: whom it serves, in what sizes it comes, what cannot be scaled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisor.domain.limits import Irreversible
from advisor.domain.policy import Mode, ResourcePolicy
from advisor.errors import ConfigError, Problem
from advisor.policy_file import dump_policy, parse_policy
from advisor.resource_id import why_not_a_resource_id

WEB = "sim://web"


def estate(web: str = "serves: shop", *others: str, extra: str = "") -> str:
    """A policy with the web's own options, and other resources each on a line."""
    lines = [f"{WEB}: {{unit_capacity: 10, min: 4, max: 60, {web}}}", *others]
    return "version: 1\nresources:\n" + "".join(f"  {line}\n" for line in lines) + extra


def resources_of(text: str) -> dict[str, ResourcePolicy]:
    """The resources that a text means, after a round trip that must change nothing."""
    file = parse_policy(text, "policy.yaml")
    assert parse_policy(dump_policy(file), "again") == file
    return dict(file.policy.resources)


def web_of(text: str) -> ResourcePolicy:
    """The web, as a text means it."""
    return resources_of(text)[WEB]


def problems_of(text: str) -> list[Problem]:
    """Every problem of a bad policy."""
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "policy.yaml")
    return list(caught.value.problems)


def problem_of(text: str, path: str) -> Problem:
    """The one problem of a bad policy, which is found at this path."""
    (problem,) = problems_of(text)
    assert problem.path.split(" (line")[0] == path
    return problem


# --- whom it serves


@pytest.mark.parametrize(
    ("formula", "meant"),
    [
        ("shop", {"shop": 1.0}),
        ("0.08 * web-shop + 0.3 * checkout", {"checkout": 0.3, "web-shop": 0.08}),
        ("checkout * .5 + 2e-1 * shop", {"checkout": 0.5, "shop": 0.2}),
        ("shop + 2 * shop + shop * 0.5", {"shop": 3.5}),
        ("1 * a+b + 2 * c-d", {"a+b": 1.0, "c-d": 2.0}),
        ("2 * team/shop:8080@eu.x", {"team/shop:8080@eu.x": 2.0}),
        ("  3   *  shop ", {"shop": 3.0}),
    ],
)
def test_demand_is_a_sum_over_services(formula, meant):
    """Terms may stand either way round, a service twice adds up, and spaces separate, not signs."""
    assert web_of(estate(f'demand: "{formula}"')).serves == meant


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("", "is empty"),
        ("shop +", "starts or ends with +"),
        ("+ shop", "starts or ends with +"),
        ("shop + + cart", "two in a row"),
        ("0.3*shop", "the term `0.3*shop`, and `0.3*shop` is not a service name"),
        ("0.3 shop", "the term `0.3 shop`, which is not a number times a service"),
        ("shop * cart", "the term `shop * cart`, which is not a number times"),
        ("2 * 3", "the term `2 * 3`, which is not a number times"),
        ("2", "the term `2`, which names no service"),
        ("2 * * shop", "the term `2 * * shop`"),
        ("shop - 2 * cart", "the term `shop - 2 * cart`"),
        ("shop + -2 * cart", "the term `-2 * cart`, whose number must be more than 0"),
        ("0 * shop", "the term `0 * shop`, whose number must be more than 0"),
        ("1001 * shop", "the term `1001 * shop`, whose number must be more than 0, at most 1000"),
        ("600 * shop + 600 * shop", "counts `shop` more than 1000 times"),
        ("2 * a|b", "`a|b` is not a service name"),
    ],
)
def test_a_formula_that_is_no_sum_is_answered_with_its_term(formula, message):
    """The message names what in the formula cannot be read."""
    problem = problem_of(estate(f'demand: "{formula}"'), f'resources["{WEB}"].demand')

    assert message in problem.message


def test_a_formulas_services_are_checked_like_any_others():
    """Where services are listed, a formula may name only these."""
    text = estate("demand: 2 * shop + 1 * crat", extra="services: {shop: , cart: }\n")

    problem = problem_of(text, f'resources["{WEB}"].demand')

    assert (problem.value, problem.fix) == ("crat", "did you mean `cart`?")


@pytest.mark.parametrize(
    ("web", "path", "message"),
    [
        ("mode: auto", "serves", "is missing"),
        ("serves: shop, demand: shop", "demand", "says again what `serves` says"),
    ],
)
def test_whom_a_resource_serves_is_said_once(web, path, message):
    """By `serves` or by `demand`: one of the two, not both."""
    assert message in problem_of(estate(web), f'resources["{WEB}"].{path}').message


def test_a_load_balancer_serves_everything_that_anything_serves():
    """A star stands for every service that is listed or that another resource serves, each in full."""
    database = "sim://database: {demand: 0.3 * cart, unit_capacity: 1, min: 0, max: 9}"

    assert web_of(estate('serves: "*"', database)).serves == {"cart": 1.0}
    listed = estate('serves: "*"', database, extra="services: {shop: , cart: }\n")
    assert web_of(listed).serves == {"cart": 1.0, "shop": 1.0}
    limited = estate('serves: "*"', "fixed://payment: {serves: checkout, limit: 4}")
    assert web_of(limited).serves == {"checkout": 1.0}


def test_a_star_needs_a_service_to_stand_for():
    """Two balancers and nothing else serve nobody."""
    text = estate('serves: "*"', 'fixed://other: {serves: "*", limit: 4}')

    assert {p.message for p in problems_of(text)} == {
        "stands for every service, and no service is named anywhere"
    }


def test_a_bare_star_is_answered_with_its_quotes():
    """YAML takes it for a reference to something else, which says nothing to who meant all services."""
    (problem,) = problems_of("version: 1\nresources:\n  sim://a:\n    serves: *\n    min: 0\n")

    assert problem.path == "line 4"
    assert '"*"' in problem.fix


# --- in what numbers it comes


def test_what_a_platform_imposes_reaches_the_policy():
    """Quantum, steps, cooldown, and how often it may be lowered."""
    web = web_of(estate("serves: shop, quantum: 4, max_step: 8, cooldown: 0s, lowerings_per_day: 2"))

    assert (web.quantum, web.max_step, web.cooldown, web.lowerings_per_day) == (4, 8, timedelta(0), 2)


def test_steps_and_cooldown_may_stand_among_the_defaults():
    """A resource's own word counts first, and null takes a default bound away."""
    extra = "defaults: {max_step: 8, cooldown: 10m}\n"

    inherited, own = web_of(estate(extra=extra)), web_of(estate("serves: shop, max_step: null", extra=extra))

    assert (inherited.max_step, inherited.cooldown) == (8, timedelta(minutes=10))
    assert own.max_step is None


def test_sizes_may_be_irregular():
    """Then these are the only floors."""
    assert web_of(estate("serves: shop, sizes: [4, 6, 60]")).sizes == (4, 6, 60)


@pytest.mark.parametrize(
    ("web", "path", "message"),
    [
        ("quantum: 6", "min", "is not a multiple of quantum, which is 6"),
        ("quantum: 7, min: 7", "max", "is not a multiple of quantum"),
        ("sizes: [6, 60]", "min", "is not one of sizes"),
        ("sizes: [4, 61]", "max", "is not one of sizes"),
        ("sizes: [4, 60], quantum: 4", "quantum", "stands beside `sizes`"),
        ("sizes: [4, 6, 60], max_step: 53", "max_step", "is below 54"),
        ("quantum: 4, max_step: 3", "max_step", "is below 4"),
        ("max: 3004, max_step: 5", "max_step", "takes more than 500 acts from min 4 to max 3004"),
        ("max: 3004, ramp: {factor: 1.001}", "ramp.factor", "takes more than 500 acts"),
        ("depends_on: [sim://wbe]", "depends_on[0]", "is not a resource of this file"),
        (f"depends_on: [{WEB}]", "depends_on[0]", "is the resource itself"),
        ("irreversible: {}", "irreversible", "does not say for how long"),
        ("irreversible: {committed: 1d, price_per_unit: 2}", "irreversible", "for a time and for good"),
        ("limit: 3", "limit", "is an option of fixed:// resources only"),
    ],
)
def test_a_resource_that_contradicts_itself_is_refused(web, path, message):
    """Numbers of units, sizes, steps and dependencies must agree."""
    text = estate(f"serves: shop, {web}")
    if "min:" in web:
        text = text.replace("min: 4, ", "", 1)
    if "max:" in web:
        text = text.replace("max: 60, ", "", 1)

    assert message in problem_of(text, f'resources["{WEB}"].{path}').message


def test_a_large_resource_may_be_raised_in_many_steps():
    """Five hundred acts are many, and still a plan; irregular sizes are as many as they are."""
    wide = estate("serves: shop, max_step: 7").replace("max: 60", "max: 3004")
    sized = estate("serves: shop, sizes: [4, 3004], ramp: {factor: 1.001}").replace("max: 60", "max: 3004")

    assert web_of(wide).max_step == 7
    assert web_of(sized).sizes == (4, 3004)


def test_an_impossible_step_among_the_defaults_is_found_where_it_matters():
    """A default is not wrong in itself: it is the resource that could not be raised with it."""
    problem = problem_of(
        estate("serves: shop, quantum: 4", extra="defaults: {max_step: 3}\n"), f'resources["{WEB}"].max_step'
    )

    assert problem.value == 3


def test_waiting_for_a_later_tier_is_refused():
    """Nodes that wait for pods would be asked for after what stands on them."""
    text = estate(
        "serves: shop, tier: nodes, depends_on: [sim://pods]",
        "sim://pods: {serves: shop, unit_capacity: 1, min: 0, max: 9}",
    )

    problem = problem_of(text, f'resources["{WEB}"].depends_on[0]')

    assert problem.message == "is of tier pods, which is raised after nodes"


def other(name: str, *depends_on: str) -> str:
    """Another resource that waits for some."""
    return (
        f"{name}: {{serves: shop, unit_capacity: 1, min: 0, max: 9, depends_on: [{', '.join(depends_on)}]}}"
    )


def test_resources_may_wait_for_others():
    """For several, and several for the same one."""
    made = resources_of(
        estate(
            f"serves: shop, depends_on: [{'sim://b'}, {'sim://a'}]",
            other("sim://a"),
            other("sim://b", "sim://a"),
        )
    )

    assert made[WEB].depends_on == ("sim://a", "sim://b")


def test_a_circle_of_waiting_is_found_once():
    """Each would wait for the next for ever; the message names the way round."""
    text = estate(
        "serves: shop, depends_on: [sim://a]",
        other("sim://a", "sim://b"),
        other("sim://b", "sim://c", "sim://a"),
        other("sim://c"),
    )

    problem = problem_of(text, 'resources["sim://b"].depends_on[1]')

    assert "sim://a -> sim://b -> sim://a" in problem.message


def test_a_long_chain_of_waiting_is_no_circle():
    """Ten thousand resources, each waiting for the next, are read without ado."""
    chain = [other(f"sim://n{n}", f"sim://n{n + 1}") for n in range(10_000)]

    made = parse_policy(estate("serves: shop", *chain, other("sim://n10000")), "p").policy.resources

    assert made["sim://n9999"].depends_on == ("sim://n10000",)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{committed: 30d}", Irreversible(timedelta(days=30), None)),
        ("{price_per_unit: 1.2}", Irreversible(None, 1.2)),
        ("{price_per_unit: 0}", Irreversible(None, 0.0)),
    ],
)
def test_units_may_stay_for_a_time_or_for_good(written, meant):
    """Committed for a time, or paid once and never given back."""
    assert web_of(estate(f"serves: shop, irreversible: {written}")).irreversible == meant


# --- what a load test proves


def load_tested(rate_per_s: float = 80, units: int = 10, sustained: str = "10m") -> str:
    """The web with a load test; a unit is declared to carry 10."""
    test = f"{{on: 2026-10-12, rate_per_s: {rate_per_s}, units: {units}, sustained: {sustained}}}"
    return estate(f"serves: shop, load_test: {test}")


def test_a_load_test_proves_a_capacity_by_four_fifths_of_it_for_ten_minutes():
    """Exactly as much is enough."""
    test = web_of(load_tested()).load_test

    assert test is not None
    assert test.rate_per_unit == 8.0


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (load_tested(sustained="599s"), "sustained", "is below 10m, which proves nothing"),
        (load_tested(rate_per_s=79), "rate_per_s", "is 7.9 on each of 10 units, below 80% of unit_capacity"),
        (load_tested(units=11), "rate_per_s", "below 80% of unit_capacity, which is 10"),
    ],
)
def test_a_load_test_that_proves_nothing_is_refused(text, path, message):
    """Shorter, or at less than four fifths of what is declared, it would be taken for a proof."""
    assert message in problem_of(text, f'resources["{WEB}"].load_test.{path}').message


# --- what cannot be scaled


PAYMENT = "fixed://payment-provider"


def payment_of(options: str, extra: str = "") -> ResourcePolicy:
    """A fixed resource with these options, beside the web."""
    return resources_of(estate("serves: shop", f"{PAYMENT}: {{{options}}}", extra=extra))[PAYMENT]


def test_what_cannot_be_scaled_is_one_unit_of_the_limit():
    """It is only ever watched, costs nothing, and keeps nothing free unless it says so itself."""
    defaults = "defaults: {headroom: 0.5, quantile: 0.9, mode: auto, price_per_unit_hour: 3, max_step: 5}\n"

    payment = payment_of("serves: checkout, limit: 400", defaults)

    assert payment.is_fixed
    assert (payment.unit_capacity, payment.minimum, payment.maximum) == (400.0, 1, 1)
    assert (payment.headroom, payment.mode, payment.reactive) == (0.0, Mode.OBSERVE, False)
    assert (payment.price_per_unit_hour, payment.load_test, payment.quantile) == (None, None, 0.9)
    assert payment.max_step is None


def test_what_cannot_be_scaled_has_options_of_its_own():
    """A formula of demand, a headroom and a quantile."""
    payment = payment_of("demand: 0.5 * checkout, limit: 400, headroom: 0.1, quantile: 0.99")

    assert (payment.serves, payment.headroom, payment.quantile) == ({"checkout": 0.5}, 0.1, 0.99)


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ("serves: checkout", "limit", "is missing"),
        ("limit: 400", "serves", "is missing"),
        ("serves: checkout, limit: 0", "limit", "more than 0"),
        (
            "serves: checkout, limit: 400, lead_time: 6m",
            "lead_time",
            "not an option of what cannot be scaled",
        ),
        ("serves: checkout, limit: 400, mode: auto", "mode", "not an option of what cannot be scaled"),
        ("serves: checkout, limit: 400, max: 3", "max", "not an option of what cannot be scaled"),
        ("serves: checkout, limit: 400, limti: 3", "limti", "is not an option here"),
    ],
)
def test_what_cannot_be_scaled_has_no_other_options(options, path, message):
    """What would scale it is refused, in words that say why."""
    text = estate("serves: shop", f"{PAYMENT}: {{{options}}}")

    assert message in problem_of(text, f'resources["{PAYMENT}"].{path}').message


@pytest.mark.parametrize("name", ["fixed://", "fixed://payment provider", "fixed:///x"])
def test_what_cannot_be_scaled_has_a_name(name):
    """Its id is `fixed://` and a name, or several parts of one."""
    (problem,) = problems_of(estate("serves: shop", f"{name}: {{serves: shop, limit: 4}}"))

    assert "is not written as fixed://name" in problem.message


def test_nothing_waits_for_what_cannot_be_scaled():
    """It is there or it is not; waiting for it to be ready would never end."""
    text = estate(f"serves: shop, depends_on: [{PAYMENT}]", f"{PAYMENT}: {{serves: shop, limit: 4}}")

    assert "cannot be scaled" in problem_of(text, f'resources["{WEB}"].depends_on[0]').message


def test_an_actuators_name_that_cannot_be_is_told_by_the_letters_that_it_may_have():
    why = why_not_a_resource_id("own://do_pools/web")

    assert why is not None
    assert "the actuator in lowercase letters, digits and `-`" in why.fix
