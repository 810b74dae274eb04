"""`headstart check`: is the policy sound, and do Kafka and the platforms have what Headstart needs?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from advisor.actuation.own import own_actuators
from advisor.actuation.reach import Lowered
from advisor.actuation.registry import actuators_of
from advisor.domain.policy import Mode, Policy, ResourcePolicy
from advisor.durations import format_duration
from advisor.policy_file import PolicyFile, load_policy
from advisor.resource_id import scheme_of
from advisor.settings import Settings, load_settings
from streams.cli.check_platforms import check_platforms
from streams.cli.layout import show_table
from streams.cli.outcome import BAD_KAFKA, FAILED, exit_codes
from streams.cli.policy_remarks import remarks
from streams.cli.price_remarks import old_prices
from streams.cli.problems import print_problems
from streams.cli.reach_remarks import beyond_reach, out_of_reach, reach_remarks
from streams.clock import wall_clock

_MODE_WORDS = {
    Mode.OBSERVE: "only watches",
    Mode.RECOMMEND: "says what to do",
    Mode.APPROVE: "acts once a person agreed",
    Mode.AUTO: "acts by itself",
}


def check(
    policy: Annotated[
        Path | None,
        typer.Option(
            help="Policy file. Default: HEADSTART_POLICY_FILE, else policy.yaml.", show_default=False
        ),
    ] = None,
    kafka: Annotated[bool, typer.Option(help="Also reach Kafka and compare its topics.")] = True,
    platforms: Annotated[
        bool, typer.Option(help="Also look at the resources in the clusters and accounts of the policy.")
    ] = True,
) -> None:
    """Check the policy file, Kafka and the platforms, and say in words what each resource's policy means.

    Platforms are asked what stands, and what would keep the most units that the policy allows from coming:
    quotas, addresses, maxima, permissions. Nothing is changed there. What could not be looked at is told, and
    is no failure.

    Exit code 0: all is well. 1: a platform lacks something. 2: the policy or a setting cannot be used. 3:
    Kafka cannot be reached, or its topics are not as they must be. Examples:

        headstart check --policy policy.yaml

        headstart check --policy policy.yaml --no-kafka --no-platforms
    """
    out = Console()
    with exit_codes():
        settings = load_settings()
        policy_file = load_policy(policy or settings.policy_file)
        lowered = beyond_reach(policy_file)
        _print_policy(out, policy_file.policy, lowered)
        notes = [
            *reach_remarks(lowered),
            *remarks(policy_file.policy),
            *old_prices(policy_file.prices, wall_clock().now().date()),
        ]
        for note in notes:
            out.print(f"[yellow]note:[/] {escape(note)}", soft_wrap=True, highlight=False)
        is_well = _look(out, policy_file, platforms=platforms)
        if kafka:
            _check_kafka(out, settings, policy_file)
    if not is_well:
        raise typer.Exit(FAILED)


def _look(out: Console, file: PolicyFile, *, platforms: bool) -> bool:
    """Are the platforms as they must be? Where they are not asked, whether people's own actuators are any."""
    if not platforms:
        own_actuators({n: r for n, r in file.policy.resources.items() if scheme_of(n) == "own"})
        return True
    return check_platforms(out, file.policy, actuators_of(file.policy, file.connections), wall_clock().now())


def _check_kafka(out: Console, settings: Settings, policy_file: PolicyFile) -> None:
    from streams.topic_setup import check_topics

    servers = settings.kafka.bootstrap_servers
    if problems := check_topics(settings, policy_file):
        print_problems(Console(stderr=True), f"Kafka at {servers}", problems)
        raise typer.Exit(BAD_KAFKA)
    out.print(f"[green]Kafka at {escape(servers)}: every topic is as it must be.[/]", soft_wrap=True)


def _print_policy(out: Console, policy: Policy, lowered: Mapping[str, Lowered]) -> None:
    columns = ("resource", "tier", "carries", "units", "timing", "Headstart")
    rows = [_row(resource, lowered.get(name)) for name, resource in policy.resources.items()]
    show_table(out, f"Policy {policy.version}", columns, rows, ruled=True)


def _row(resource: ResourcePolicy, lowered: Lowered | None) -> tuple[str, ...]:
    shares = ", ".join(
        service if share == 1 else f"{share:g} x {service}" for service, share in resource.serves.items()
    )
    kept = f"{resource.headroom:.0%} kept free above the {resource.quantile:.1%} quantile"
    if resource.is_fixed:
        limit = f"at most {resource.unit_capacity:,g} requests/s"
        return (
            resource.resource,
            "fixed",
            f"{shares}\n{limit}",
            "cannot be scaled",
            kept,
            "only watches",
        )
    least, most = (units * resource.unit_capacity for units in (resource.minimum, resource.maximum))
    return (
        resource.resource,
        resource.tier,
        f"{shares}\n{resource.unit_capacity:,g} requests/s a unit",
        f"{resource.minimum} to {resource.maximum}\n{least:,.0f} to {most:,.0f} requests/s",
        f"asked {format_duration(resource.lead_time)} ahead\n{kept}",
        out_of_reach(lowered) if lowered else _MODE_WORDS[resource.mode_by_itself],
    )
