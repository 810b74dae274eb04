"""The page on planning, the runbook, the guardrails and the metrics use the same words."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from advisor.domain.campaign import CampaignBudget
from advisor.domain.readiness import Readiness
from advisor.domain.reason import IN_RUNBOOK, Reason
from advisor.planning.act_guardrails import ACT_GUARDRAILS
from advisor.planning.plan_guardrails import PLAN_GUARDRAILS
from advisor.reporting.metrics import Metrics
from tests.support.builders import (
    MINUTE,
    NOW,
    PODS,
    at,
    campaign,
    decided,
    floor_at,
    policy,
    resource,
    state,
)
from tests.unit.planning.test_pools import ESTATE, SPRING, SUMMER

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "planning.md").read_text(encoding="utf-8")
RUNBOOK = (ROOT / "deploy" / "runbook.md").read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every table row."""
    lines = (line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line] for line in lines]


def test_every_reason_stands_once_in_the_table_of_reasons():
    table = PAGE.split("## Every Reason")[1]

    named = [row[0].strip("`") for row in rows(table) if row[0] != "Reason"]
    assert sorted(named) == sorted(reason.value for reason in Reason)
    assert all(len(row[1]) > 8 for row in rows(table) if row[0] != "Reason")


def test_every_guardrail_stands_in_the_tables_in_its_order():
    text = PAGE.split("## Guardrails")[1].split("## Who may stop it")[0]

    named = [row[0].strip("`") for row in rows(text) if row[0] != "guardrail"]
    assert named == [guardrail.__name__ for guardrail in (*PLAN_GUARDRAILS, *ACT_GUARDRAILS)]


def test_the_runbook_has_a_section_for_every_reason_that_makes_a_campaign_less_than_ready():
    sections = re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE)

    assert sorted(sections) == sorted(reason.value for reason in IN_RUNBOOK)
    for section in RUNBOOK.split("\n## ")[1:]:
        assert "**Means:**" in section
        assert "**Cure:**" in section


def test_every_metric_that_is_named_exists():
    known = set()
    for family in (registry := CollectorRegistry()) and Metrics(registry) and registry.collect():
        known |= {family.name, f"{family.name}_total"}

    for text in (PAGE, RUNBOOK):
        assert set(re.findall(r"headstart_[a-z_]+", text)) <= known


def test_metric_labels_carry_the_words_of_the_guardrails():
    metrics = Metrics(CollectorRegistry())

    assert metrics.guardrail_verdicts._labelnames == ("guardrail", "outcome", "reason")


def test_every_command_that_is_named_exists():
    from streams.cli.main import app

    commands = {
        c.name or c.callback.__name__.replace("_", "-") for c in app.registered_commands if c.callback
    }
    commands |= {group.name for group in app.registered_groups}

    for text in (PAGE, RUNBOOK):
        assert set(re.findall(r"`headstart ([a-z-]+)", text)) <= commands


# --- the worked examples


def unwrapped(text: str) -> str:
    return re.sub(r"\s+", " ", text)


LATE = campaign(start=at("06:20"), audience=6e6, send_rate_per_min=150_000.0)


def test_the_sentence_at_the_top_is_what_the_product_says():
    slow = policy(resource(lead_time=40 * MINUTE))

    (answer,) = decided(NOW, [LATE], the_policy=slow, states={PODS: state(floor=2)}).campaigns

    assert answer.sentence in PAGE
    assert answer.readiness is Readiness.NOT_READY


@pytest.mark.parametrize(("headroom", "units"), [(0.0, 5), (0.2, 6)])
def test_the_example_of_sizing(headroom, units):
    made = decided(NOW, [campaign()], the_policy=policy(resource(headroom=headroom))).resources[0]

    assert max(step.floor for step in made.recommendation.steps) == units
    assert f"`ceil({45 * (1 + headroom):g} / 10) = {units}`" in PAGE


def test_the_example_of_a_pool():
    decision = decided(at("06:00"), [SPRING, SUMMER], the_policy=ESTATE)

    assert [floor_at(made, at("11:30")) for made in decision.resources] == [4, 4]
    assert "each gets two thirds: 4 and 4 pods, 24 vCPU" in unwrapped(PAGE)


def test_the_example_of_a_budget():
    whole = decided(NOW, [campaign()]).campaigns[0]
    cut = decided(NOW, [replace(campaign(), budget=CampaignBudget("EUR", 5.0))]).campaigns[0]

    assert f"EUR {whole.extra_cost.extra}" in PAGE
    assert cut.findings[0].detail in unwrapped(PAGE)
