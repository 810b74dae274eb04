"""`headstart topics`: which topics are there, are they as they must be, and create the absent ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from advisor.errors import Problem
from advisor.policy_file import PolicyFile, load_policy
from advisor.settings import Settings, load_settings
from streams.cli.layout import show_table
from streams.cli.outcome import BAD_KAFKA, exit_codes
from streams.cli.problems import print_problems


def topics(
    create: Annotated[bool, typer.Option("--create", help="Create the topics that are absent.")] = False,
    policy: Annotated[
        Path | None, typer.Option(help="Policy file naming the traffic topics. Default: the usual topic.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check Headstart's Kafka topics, and create the absent ones with --create.

    Existing topics are never altered; those that others write (campaigns, traffic) are not judged either.
    Exit code 0: every topic is as it must be. 2: the policy or a setting cannot be used. 3: Kafka cannot be
    reached, or a topic is missing or wrong. Examples:

        headstart topics

        headstart topics --create --policy policy.yaml

        headstart topics --json | jq .problems
    """
    from streams.topic_setup import check_topics, create_topics

    with exit_codes():
        settings = load_settings()
        policy_file = load_policy(policy) if policy else None
        created: Sequence[str] = ()
        if create:
            report = create_topics(settings, policy_file)
            created, problems = report.created, list(report.problems)
        else:
            problems = check_topics(settings, policy_file)
    if as_json:
        typer.echo(_json(settings, policy_file, created, problems))
    else:
        _print(settings, policy_file, created, problems)
    if problems:
        raise typer.Exit(BAD_KAFKA)


def _json(
    settings: Settings, policy_file: PolicyFile | None, created: Sequence[str], problems: Sequence[Problem]
) -> str:
    from streams.topics import TopicNames

    names = [name for _, name in TopicNames.of(settings, policy_file).all()]
    found = [{"topic": p.path, "found": str(p.value), "message": p.message, "fix": p.fix} for p in problems]
    return json.dumps({"topics": names, "created": list(created), "problems": found}, indent=2)


def _print(
    settings: Settings, policy_file: PolicyFile | None, created: Sequence[str], problems: Sequence[Problem]
) -> None:
    from streams.topics import TOPICS, TopicNames, partitions_of

    wrong = {problem.path: problem.message for problem in problems}
    servers = settings.kafka.bootstrap_servers
    rows: list[tuple[Text | str, ...]] = []
    for field, name in TopicNames.of(settings, policy_file).all():
        topic = TOPICS[field]
        state = Text("created" if name in created else "ok", style="green")
        if name in wrong:
            state = Text(wrong[name], style="red")
        layout = (str(partitions_of(settings, field)), topic.cleanup)
        owner, *shown = ("theirs", "any", "any") if topic.theirs else ("ours", *layout)
        rows.append((name, topic.way, owner, *shown, state))
    columns = ("topic", "way", "owner", "partitions", "cleanup", "state")
    show_table(Console(), f"Topics at {servers}", columns, rows)
    if problems:
        print_problems(Console(stderr=True), f"Kafka at {servers}", problems)
