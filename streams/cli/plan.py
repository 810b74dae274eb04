"""`headstart plan`: is a campaign safe, what is done for it and when, what does it cost, and what if?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from advisor.errors import ConfigError, HeadstartError, Problem
from advisor.policy_file import PolicyFile, load_policy
from advisor.settings import Settings, load_settings
from streams.cli.campaign import SOURCE
from streams.cli.outcome import BAD_INPUT, exit_codes, fail
from streams.cli.progress import Bar

if TYPE_CHECKING:
    from advisor.domain.campaign import Campaign
    from streams.estate_now import EstateNow, OnProgress
    from streams.plan import CampaignPlan


def plan(
    campaign_id: Annotated[
        str | None, typer.Argument(help="Id of the campaign.", metavar="CAMPAIGN", show_default=False)
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="FIELD=VALUE,...",
            help="Suppose a campaign, or this one with other values; repeat to compare.",
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy file. Default: HEADSTART_POLICY_FILE, then policy.yaml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    png: Annotated[Path | None, typer.Option(help="Draw the plan into this PNG file as well.")] = None,
) -> None:
    """Show a campaign's readiness, its backward schedule, its price and the reasons, as of now.

    Decides as the worker would, from the same topics, and changes nothing; a worker has to be running for
    the campaign to be forecast. With --what-if, that of a campaign nobody has announced, or of CAMPAIGN with
    some fields changed (moved by its start alone it keeps its length); fields are kind, start, end, service,
    timezone, name, audience, send_rate, uplift_p50, uplift_p90, channel, owner, team, max_cost, currency,
    source, id. Several are compared side by side, with CAMPAIGN as it is first. Times are in the campaign's
    own time zone; --json is described by deploy/schemas/plan.v1.json. Exit code 0: the plan is shown,
    whatever it says. 2: no such campaign stands, a bad policy or scenario. 3: Kafka cannot be reached.
    Examples:

        headstart plan bf-2026 --png bf.png

        headstart plan bf-2026 --json | jq .readiness

        headstart plan bf-2026 --what-if start=2026-11-27T20:00

        headstart plan --what-if kind=flash_sale,service=web-shop,start=2026-11-27T18:00,end=2026-11-27T20:00,
        timezone=Europe/Berlin,audience=2e6,send_rate=150000
    """
    with exit_codes(), Bar("what services need", 0, quiet=as_json) as bar:
        _check_arguments(campaign_id, what_if or [], png)
        settings = load_settings()
        policy_file = load_policy(policy or settings.policy_file)
        plans = _plans(settings, policy_file, campaign_id, what_if or [], bar.show)
        if png is not None:
            _picture()(plans[0], png)
    _show(plans, as_json=as_json)


def _check_arguments(campaign_id: str | None, what_if: Sequence[str], png: Path | None) -> None:
    if campaign_id is None and not what_if:
        raise fail("neither a campaign nor --what-if is given. Fix: headstart plan CAMPAIGN", BAD_INPUT)
    if png is not None and len(what_if) > 1:
        raise fail("--png draws one plan, not several. Fix: ask for one --what-if at a time", BAD_INPUT)
    if png is not None and png.suffix.lower() not in ("", ".png"):
        named = png.with_suffix(".png")
        raise fail(f"--png writes a PNG, and {png} is named otherwise. Fix: name it {named}", BAD_INPUT)
    if png is not None:
        _picture()  # missing parts are told before anything is read


def _picture() -> Callable[[CampaignPlan, Path], None]:
    """What draws the picture. Raises HeadstartError if the `report` extra is not installed."""
    try:
        from streams.plan_picture import write_plan_picture
    except ImportError as error:
        raise HeadstartError(
            f"--png needs the package {error.name}, which is not installed. "
            "Fix: install Headstart with its report extra, e.g. pip install 'headstart[report]'"
        ) from error
    return write_plan_picture


def _plans(
    settings: Settings,
    policy_file: PolicyFile,
    campaign_id: str | None,
    what_if: Sequence[str],
    on_progress: OnProgress,
) -> list[CampaignPlan]:
    """The plans asked for: the campaign's own where nothing is supposed or several things are, then those."""
    from streams.demand_reading import read_services
    from streams.estate_now import read_estate
    from streams.plan import NoSuchCampaignError, find_campaign, plan_of
    from streams.topics import TopicNames
    from streams.what_if import services_asked, supposing

    estate = read_estate(settings, policy_file, datetime.now(UTC), on_progress)
    try:
        real = find_campaign(estate.book, campaign_id) if campaign_id is not None else None
    except NoSuchCampaignError as error:
        raise fail(str(error), BAD_INPUT) from error
    supposed = _scenarios(what_if, real, estate)
    plans = [plan_of(real, estate.seen)] if real is not None and len(supposed) != 1 else []
    if supposed:
        services = set().union(*(services_asked(campaign, estate.seen) for campaign in supposed))
        names, step_s = TopicNames.of(settings, policy_file), int(estate.seen.policy.step.total_seconds())
        known = read_services(settings, names, services, step_s, on_progress)
        plans += [plan_of(campaign, supposing(campaign, estate.seen, known)) for campaign in supposed]
    return plans


def _scenarios(what_if: Sequence[str], real: Campaign | None, estate: EstateNow) -> list[Campaign]:
    """The campaigns that are supposed. Raises one ConfigError with the problems of all of them."""
    from streams.scenario import Supposed, read_scenario

    taken = frozenset(entry.campaign_id for entry in estate.book.entries)
    campaigns: list[Campaign] = []
    problems: list[Problem] = []
    for number, text in enumerate(what_if, start=1):
        supposed = Supposed(estate.seen.policy, estate.seen.now, SOURCE, number, real, taken)
        try:
            campaigns.append(read_scenario(text, supposed))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError("--what-if", problems)
    return campaigns


def _show(plans: Sequence[CampaignPlan], *, as_json: bool) -> None:
    from streams.cli.plan_tables import show_plan, show_scenarios
    from streams.codec.plan_report import encode_plans, plan_data

    if as_json:
        typer.echo(encode_plans([plan_data(planned) for planned in plans]).decode())
    elif len(plans) == 1:
        show_plan(Console(), plans[0])
    else:
        show_scenarios(Console(), plans)
