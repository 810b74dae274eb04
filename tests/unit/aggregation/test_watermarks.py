"""Demand is complete up to where the slowest source partition has finished."""

from __future__ import annotations

from advisor.aggregation.watermarks import Watermarks
from advisor.domain.demand import SourcePartition
from tests.support.builders import SOURCE, T0

OTHER = SourcePartition("traffic", "id-1", 1)


def test_the_slowest_source_decides():
    it = Watermarks()
    it.apply(SOURCE, T0 + 600)
    it.apply(OTHER, T0 + 60)

    assert it.complete_until_s([SOURCE, OTHER]) == T0 + 60
    assert it.complete_until_s([SOURCE]) == T0 + 600


def test_a_source_never_heard_of_holds_everything_back():
    it = Watermarks()
    it.apply(SOURCE, T0)

    assert it.complete_until_s([SOURCE, OTHER]) == 0


def test_without_expected_sources_nothing_is_complete():
    assert Watermarks().complete_until_s([]) == 0


def test_an_older_watermark_changes_nothing():
    it = Watermarks()

    assert it.apply(SOURCE, T0 + 60)
    assert not it.apply(SOURCE, T0)
    assert not it.apply(SOURCE, T0 + 60)
    assert list(it.items()) == [(SOURCE, T0 + 60)]
