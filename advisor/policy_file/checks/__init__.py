"""Do the values of a policy agree with each other?

The checks read the plain data rather than the validated model, so that what they find is reported
together with bad values elsewhere. A value of the wrong kind is passed over: the model reports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.policy_file.checks.finding import Finding, did_you_mean
from advisor.policy_file.checks.money import money_problems
from advisor.policy_file.checks.names import name_problems
from advisor.policy_file.checks.pools import pool_problems
from advisor.policy_file.checks.prices import price_problems
from advisor.policy_file.checks.timing import timing_problems
from advisor.policy_file.checks.units import unit_problems
from advisor.prices.table import PriceTable

__all__ = ["Finding", "did_you_mean", "disagreements"]


def disagreements(data: object, prices: PriceTable | None) -> Iterator[Finding]:
    """Which values of this policy contradict each other, or its prices? `data` is the file's plain content.

    Without `prices` items are not looked up.
    """
    if isinstance(data, Mapping):
        for problems in (name_problems, unit_problems, timing_problems, money_problems, pool_problems):
            yield from problems(data)
        yield from price_problems(data, prices)
