"""A profile of the day made whole."""

from __future__ import annotations

import numpy as np

from advisor.domain.demand import Floats


def fill_circular(values: Floats) -> Floats:
    """The same values (slots,) with gaps bridged from their neighbours around the day.

    Raises ValueError if there is no value at all.
    """
    seen = np.flatnonzero(~np.isnan(values))
    if len(seen) == 0:
        raise ValueError("a profile without a single value cannot be filled: treat it as no data")
    filled: Floats = np.interp(np.arange(len(values)), seen, values[seen], period=len(values))
    return filled
