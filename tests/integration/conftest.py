"""Fixtures of the tests that run the real worker on a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.estate import Estate


@pytest.fixture
def estate(kafka_broker: str, topic_prefix: str, tmp_path: Path) -> Iterator[Estate]:
    """An estate of the test's own on the shared broker: no policy and no topics yet (see `Estate.create`)."""
    with Estate(kafka_broker, topic_prefix, tmp_path) as own:
        yield own
