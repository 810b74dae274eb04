"""Student's t quantiles are those of the printed tables."""

from __future__ import annotations

import pytest

from advisor.planning.student import HIGHEST, t_quantile

TABLE = [
    (0.95, 1, 6.3138),
    (0.975, 2, 4.3027),
    (0.975, 3, 3.1824),
    (0.95, 7, 1.8946),
    (0.995, 7, 3.4995),
    (0.99, 10, 2.7638),
    (0.999, 20, 3.5518),
    (0.9995, 30, 3.6460),
    (0.995, 49, 2.6800),
    (0.975, 120, 1.9799),
]


@pytest.mark.parametrize(("level", "degrees", "value"), TABLE)
def test_a_quantile_is_the_tabulated_one(level: float, degrees: int, value: float) -> None:
    assert t_quantile(level, degrees) == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize("degrees", [1, 2, 7, 49])
def test_the_median_is_zero_and_quantiles_rise_as_far_as_levels_are_told_apart(degrees: int) -> None:
    levels = [0.5, 0.6, 0.95, 0.99, 0.9999, 0.999999]
    found = [t_quantile(level, degrees) for level in levels]

    assert found[0] == pytest.approx(0.0, abs=1e-12)
    assert found == sorted(set(found))
    assert t_quantile(1 - 1e-15, degrees) == t_quantile(HIGHEST, degrees)


@pytest.mark.parametrize(("level", "degrees"), [(0.4, 5), (1.0, 5), (0.9, 0)])
def test_what_has_no_quantile_is_refused(level: float, degrees: int) -> None:
    with pytest.raises(ValueError, match="t quantile"):
        t_quantile(level, degrees)
