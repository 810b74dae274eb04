"""What the texts point at is there, and the words they quote are the product's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.domain.reason import Reason

ROOT = Path(__file__).parents[2]
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_REASONS = {"DATA", "HEADSTART", "NOT_READY", "AT_RISK", "READY"}  # other words in capitals


def named(text: Path) -> str:
    return str(text.relative_to(ROOT))


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_every_relative_link_leads_to_a_file(text: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", text.read_text(encoding="utf-8"))
    relative = [link for link in links if "://" not in link]

    missing = [link for link in relative if not (text.parent / link).exists()]
    assert relative
    assert not missing


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_every_link_within_the_text_leads_to_a_heading(text: Path) -> None:
    content = text.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", content, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", content)) <= headings


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_every_reason_that_is_quoted_exists(text: Path) -> None:
    quoted = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text.read_text(encoding="utf-8"))) - NOT_REASONS

    assert quoted <= {reason.value for reason in Reason}


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_every_make_target_that_is_named_exists(text: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(re.findall(r"`make ([a-z-]+)", text.read_text(encoding="utf-8"))) <= targets


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_every_file_that_is_named_exists(text: Path) -> None:
    named_files = re.findall(
        r"`((?:tests|advisor|streams|deploy)/[\w./-]+)`", text.read_text(encoding="utf-8")
    )

    assert not [name for name in named_files if not (ROOT / name).exists()]
