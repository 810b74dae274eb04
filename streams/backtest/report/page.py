"""Writes `report.html`, one file with everything in it, and its pictures once more under `plots/`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from advisor.errors import HeadstartError
from streams.backtest.files import write_whole
from streams.backtest.report import sentences, style
from streams.backtest.report.capacity_plots import draw_close_up
from streams.backtest.report.gather import report_view
from streams.backtest.report.plots import draw_campaign, draw_overview, draw_reliability
from streams.backtest.report.view import CampaignCard, ReportView, Stretch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from streams.backtest.inputs import BacktestPlan
    from streams.backtest.run import Backtest

PAGE, PLOTS = "report.html", "plots"

SayPicture = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its id in the page and name as a file, what it shows in words, and how it is drawn."""

    name: str
    alt: str
    title: str
    draw: Callable[[], Figure]


def write_report(
    plan: BacktestPlan, done: Backtest, on_picture: SayPicture = lambda done, total: None
) -> Path:
    """Writes the page and its pictures into `plan.out`, an existing directory; gives back the page's path.

    Pictures that an earlier report left in `plots/` are removed. `on_picture` is told how many pictures are
    drawn of how many. Raises HeadstartError if something cannot be written.
    """
    view = report_view(plan, done)
    planned = list(pictures(view))
    directory = _emptied(plan.out / PLOTS)
    drawn: dict[str, str] = {}
    with style.house_style():
        for picture in planned:
            on_picture(len(drawn), len(planned))
            figure = picture.draw()
            drawn[picture.name] = style.svg(figure, picture.name, picture.alt)
            write_whole(directory / f"{picture.name}.png", style.png(figure, picture.title))
    on_picture(len(drawn), len(planned))
    return write_whole(plan.out / PAGE, html(view, drawn).encode())


def html(view: ReportView, drawn: dict[str, str]) -> str:
    """The page; `drawn` has an SVG element per name of :func:`pictures`. Whatever a file says is escaped."""
    environment = Environment(
        loader=PackageLoader("streams.backtest.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.j2")
    return page.render(view=view, drawn=drawn, say=sentences, name_of=campaign_name) + "\n"


def pictures(view: ReportView) -> Iterator[Picture]:
    """Every picture of the report, in the order of the page."""
    outcome = " ".join(sentences.answer(view))
    yield Picture(
        "overview",
        f"Demand over the whole span with the forecast of the day before. {outcome}",
        f"{view.title}: what came, and what was forecast the day before",
        lambda: draw_overview(view.overview, view.unit),
    )
    for number, resource in enumerate(view.capacity.resources if view.capacity else (), start=1):
        if (shot := resource.close_up) is not None:
            yield Picture(
                f"capacity-{number}",
                f"Units ready with each scaler around one campaign. {sentences.close_up_sentence(shot)}",
                f"{shot.title}: units ready on {resource.resource}",
                partial(draw_close_up, shot),
            )
    if view.reliability.everywhere is not None:
        yield Picture(
            "reliability",
            "How often demand stayed within each band beside how often it should; the table has the numbers.",
            f"{view.title}: are the bands honest?",
            lambda: draw_reliability(view.reliability),
        )
    for card in view.pictured:
        if card.stretch is not None:
            yield _of_campaign(card, card.stretch, view)


def campaign_name(card: CampaignCard) -> str:
    """The id and file name of a campaign's picture: its place in time and the plain letters of its name."""
    plain = re.sub(r"[^a-z0-9]+", "-", card.title.lower()).strip("-")[:40].strip("-")
    return f"campaign-{card.number:03}" + (f"-{plain}" if plain else "")


def _of_campaign(card: CampaignCard, stretch: Stretch, view: ReportView) -> Picture:
    said = sentences.peak_sentence(card, view.levels)
    return Picture(
        campaign_name(card),
        f"Demand around {card.title} with the last forecast made before it. {said}",
        f"{card.title}, {card.start:%Y-%m-%d %H:%M}Z\n{said}",
        lambda: draw_campaign(stretch, view.unit, view.levels),
    )


def _emptied(directory: Path) -> Path:
    """The directory, made if need be, without the pictures of an earlier report."""
    try:
        directory.mkdir(exist_ok=True)
        for pattern in (
            "overview.png",
            "reliability.png",
            "capacity-[0-9]*.png",
            "campaign-[0-9][0-9][0-9]*.png",
        ):
            for old in directory.glob(pattern):
                old.unlink()
    except OSError as error:
        fix = "remove what stands there, or name another directory with --out"
        raise HeadstartError(f"{directory} cannot be used: {error.strerror}. Fix: {fix}") from error
    return directory
