"""What one would pick instead: three well-known forecasters as their manuals use them, on one thread.

Each answers the same question as ours: quantiles (HORIZON, LEVELS) of the day after the history, with the
calendar as features where it can take one.
"""

from __future__ import annotations

import logging

import lightgbm
import numpy as np
import pandas as pd
from prophet import Prophet
from statsforecast.models import MSTL, AutoETS

from advisor.domain.demand import Floats
from tests.benchmarks.ours import LEVELS
from tests.benchmarks.series import DAY, HISTORY, HORIZON, KINDS, Series, in_campaign

logging.getLogger("cmdstanpy").setLevel(logging.WARNING)


def mstl_ets(series: Series) -> Floats:
    """The day's shape by MSTL, the rest by AutoETS; knows no campaigns.

    The week's shape is left out in MSTL's favour: with it one forecast takes more than ten times as long.
    """
    model = MSTL(season_length=DAY, trend_forecaster=AutoETS(model="ZZN"))
    ahead = model.forecast(y=series.history, h=HORIZON, level=[80, 90, 98])
    return np.column_stack([ahead["mean"], ahead["hi-80"], ahead["hi-90"], ahead["hi-98"]])


def prophet(series: Series) -> Floats:
    """Prophet with a regressor for each kind of campaign."""
    frame = pd.DataFrame({"ds": pd.to_datetime(series.times_s, unit="s"), "y": series.values})
    model = Prophet(yearly_seasonality=False)
    for kind in KINDS:
        frame[kind] = in_campaign(series, kind)
        model.add_regressor(kind)
    model.fit(frame[:HISTORY], seed=1)
    samples = model.predictive_samples(frame[HISTORY:])["yhat"]
    return np.asarray(np.quantile(samples, LEVELS, axis=1).T)


def lightgbm_quantiles(series: Series) -> Floats:
    """Gradient-boosted quantiles, a model a level, of clock, weekday, yesterday, last week and calendar."""
    time_of_day = series.times_s % 86_400
    weekday = series.times_s // 86_400 % 7
    yesterday, last_week = (pd.Series(series.values).shift(days * DAY) for days in (1, 7))
    calendar = [in_campaign(series, kind) for kind in KINDS]
    features = np.column_stack([time_of_day, weekday, yesterday, last_week, *calendar])
    options = {"objective": "quantile", "num_threads": 1, "seed": 1, "verbose": -1}
    columns = []
    for level in LEVELS:
        known = lightgbm.Dataset(features[:HISTORY], series.history, params={"verbose": -1})
        model = lightgbm.train({**options, "alpha": level}, known, num_boost_round=100)
        columns.append(model.predict(features[HISTORY:]))
    return np.column_stack(columns)
