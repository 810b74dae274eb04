"""How the report's pictures look, and how they become SVG for the page and PNG to pass on."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Moments = NDArray[np.datetime64]

# Each color once, so that the page can put its own in their place: see COLORS and `svg`.
INK, MUTED, GRID = "#1d2733", "#59646f", "#dfe5ec"
FORECAST, WINDOW = "#5b4bc4", "#efeafd"
OURS, THEIRS, SHORT, NEEDED = "#0b7a52", "#b45f06", "#d11f1f", "#c3ccd6"

COLORS = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    FORECAST: "forecast",
    WINDOW: "window",
    OURS: "ours",
    THEIRS: "theirs",
    SHORT: "short",
    NEEDED: "needed",
}
"""The name of each color in the page's style sheet, where it has a light and a dark value."""

STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,  # a campaign may be called $5 off
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "svg.fonttype": "none",  # text stays text: small, sharp, and in the page's own font
    "svg.hashsalt": "headstart",  # equal pictures get equal ids
}

_IDS = re.compile(r'(\bid="|url\(#|href="#)')


@contextmanager
def house_style() -> Iterator[None]:
    """Pictures drawn and saved within look alike."""
    with mpl.rc_context(STYLE):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty picture of so many inches, drawn off screen."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def svg(figure: Figure, name: str, alt: str) -> str:
    """The picture as an element of the page: its ids begin with `name`, its colors are the page's.

    No text in it may come from a file: what is drawn is taken as safe.
    """
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = _IDS.sub(rf"\g<1>{name}-", text)
    for color, variable in COLORS.items():
        text = text.replace(color, f"var(--{variable})")
    opening = re.search(r'viewBox="[^"]*"', text)
    if opening is None:
        raise ValueError("the drawn SVG has no viewBox")
    attributes = f'{opening.group()} role="img" aria-label="{escape(alt)}"'
    drawing = text[text.index(">", opening.end()) + 1 :]
    return f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {attributes}>{drawing}'


def png(figure: Figure, title: str) -> bytes:
    """The picture with a title on white, and with a legend, to pass on. The title may hold any characters."""
    axes = figure.axes[0]
    if not figure.legends and axes.get_legend() is None:
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)
    printable = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in title)
    figure.suptitle(printable, x=0.01, ha="left", fontsize=11)
    out = io.BytesIO()
    with warnings.catch_warnings():
        # the font lacks some of the world's letters: they become boxes here, and are right in the page
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(out, format="png", dpi=110, facecolor="white")
    return out.getvalue()


def moments(times_s: Seconds | Floats) -> Moments:
    """Times for an axis."""
    return times_s.astype("datetime64[s]")


def time_axis(axes: Axes, most: int = 8) -> None:
    """Dates and hours in UTC, said once."""
    locator = AutoDateLocator(minticks=3, maxticks=most)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def number_axis(axes: Axes, form: Callable[[float], str] = lambda value: f"{value:,.10g}") -> None:
    """Whole numbers with their thousands apart."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: form(value)))
