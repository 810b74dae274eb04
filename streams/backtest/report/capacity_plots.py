"""The picture of the closed loop: what each scaler had ready around one campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from streams.backtest.report.sentences import SCALER_NAMES
from streams.backtest.report.style import (
    NEEDED,
    OURS,
    SHORT,
    THEIRS,
    WINDOW,
    moments,
    new_figure,
    number_axis,
    time_axis,
)
from streams.backtest.report.view import CloseUp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 3


def draw_close_up(shot: CloseUp) -> Figure:
    """A small picture per scaler, all on the same axes: units demanded, units ready, units lacking."""
    rows = -(-len(shot.ready) // COLUMNS)
    figure = new_figure(11.5, 2.6 * rows + 0.3)
    grid = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes, name in zip(grid.flat, shot.ready, strict=False):
        _draw(axes, shot, name)
    for axes in list(grid.flat)[len(shot.ready) :]:
        axes.set_visible(False)
    highest = max(int(shot.demanded.max(initial=1)), *(int(r.max(initial=1)) for r in shot.ready.values()))
    first = grid[0, 0]
    first.set_ylim(0, highest * 1.08)
    first.set_xlim(*moments(shot.times_s[[0, -1]]))
    time_axis(first, 6)
    for row in grid:
        row[0].set_ylabel("units")
    handles, labels = _legend(grid)
    figure.legend(handles, labels, loc="outside upper right", ncols=5)
    return figure


def _draw(axes: Axes, shot: CloseUp, name: str) -> None:
    times, ready = moments(shot.times_s), shot.ready[name]
    start, end = moments(np.array(shot.window_s))
    axes.axvspan(start, end, color=WINDOW, lw=0, zorder=0, label="campaign")
    needed = np.where(shot.known, shot.demanded, np.nan)
    axes.fill_between(times, needed, step="post", color=NEEDED, alpha=0.75, lw=0, label="units needed")
    short = shot.known & (shot.demanded > ready)
    if short.any():
        # a step lasts until the next one begins: the fill needs that one's edge as well
        edge = short | np.concatenate([[False], short[:-1]])
        axes.fill_between(
            times, ready, needed, where=edge, step="post", color=SHORT, alpha=0.85, lw=0, label="lacking"
        )
    ours = name == "headstart"
    label = "ready with Headstart" if ours else "ready without"
    axes.step(times, ready, where="post", color=OURS if ours else THEIRS, lw=1.8, label=label)
    axes.set_title(SCALER_NAMES[name], loc="left", fontsize=10, fontweight="bold" if ours else "normal")
    number_axis(axes)


def _legend(grid: Any) -> tuple[list[Any], list[str]]:
    """Every label once, whichever of the pictures has it."""
    found: dict[str, Any] = {}
    for axes in grid.flat:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)
