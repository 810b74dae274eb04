"""The demo's report: one HTML file with everything in it, to look at or to pass on."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from advisor.simulation.comparison import Scorecard
from streams.demo.plot import write_picture
from streams.demo.story import DemoStory, headline

PICTURE, PAGE = "demo.png", "demo.html"

STYLE = """
:root { color-scheme: light; --ink: #1d2733; --muted: #5a6572; --line: #e3e8ee; --ours: #0f8a5f; }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: #fff; max-width: 66rem;
  margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.lead { font-size: 1.12rem; max-width: 52rem; }
img { width: 100%; height: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .45rem .8rem; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--muted); font-size: .9rem; }
th:first-child, td:first-child, .words { text-align: left; }
tr.ours td { color: var(--ours); font-weight: 600; }
.notes, footer { color: var(--muted); font-size: .92rem; max-width: 52rem; }
"""


def write_report(story: DemoStory, directory: Path) -> tuple[Path, Path]:
    """Write the picture and the page into a directory, made if need be; gives back both paths."""
    directory.mkdir(parents=True, exist_ok=True)
    picture, page = directory / PICTURE, directory / PAGE
    write_picture(story, picture)
    page.write_text(html(story, picture.read_bytes()), encoding="utf-8")
    return picture, page


def html(story: DemoStory, picture: bytes) -> str:
    """The whole page as text, the picture inside it: it loads nothing from anywhere."""
    embedded = base64.b64encode(picture).decode()
    title = "What a head start is worth"
    alt = f"Demand of {story.service} around the campaign, the forecast, and what each scaler had ready"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headstart: {escape(story.service)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p class="lead">{escape(_occasion(story))} {escape(headline(story))}</p>
<img alt="{escape(alt)}" src="data:image/png;base64,{embedded}">
<h2>The marks</h2>
{_score_table(story)}
<h2>What Headstart did</h2>
{_act_table(story)}
<h2>How to read this</h2>
<p class="notes">{escape(_notes(story))}</p>
</body>
</html>
"""


def _occasion(story: DemoStory) -> str:
    """What happened and when, and what was said beforehand."""
    sale = story.sale
    if sale is None:
        return f"{story.service} had no campaign."
    start, end = story.local(sale.start), story.local(sale.end)
    verdict = "" if sale.readiness is None else f" The verdict before it: {sale.readiness.replace('_', ' ')}"
    reasons = f" ({', '.join(sale.reasons)})." if verdict and sale.reasons else "." if verdict else ""
    return f"{sale.title}, {start:%A %d %B, %H:%M} to {end:%H:%M} ({story.timezone}).{verdict}{reasons}"


def _score_table(story: DemoStory) -> str:
    head = (
        "",
        "first 10 min lacking",
        "min short in campaign",
        "min short in all",
        "worst lack",
        "unit-hours",
    )
    rows = [_score_row(name, card, story) for name, card in story.scorecards.items()]
    return f"<table><thead><tr>{_cells('th', head)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _score_row(name: str, card: Scorecard, story: DemoStory) -> str:
    ours = ' class="ours"' if name == list(story.scorecards)[-1] else ""
    return f"<tr{ours}>{_cells('td', (name, *score_words(card)))}</tr>"


def score_words(card: Scorecard) -> tuple[str, str, str, str, str]:
    """A scorecard's numbers as people read them, in the order of the tables' columns."""
    return (
        f"{card.first_minutes_shortfall:.1%}",
        f"{card.minutes_short_in_windows:,.0f}",
        f"{card.minutes_short:,.0f}",
        f"{card.worst_shortfall:.0%}",
        f"{card.unit_hours:,.0f}",
    )


def _act_table(story: DemoStory) -> str:
    acts = story.acts_around_sale
    if not acts:
        return "<p>It changed no floor.</p>"
    rows = [
        f"<tr>{_cells('td', (f'{story.local(act.at):%a %H:%M}', _units(act.before), str(act.after)))}"
        f'<td class="words">{escape(act.reasons)}</td></tr>'
        for act in acts
    ]
    head = _cells("th", ("when", "floor before", "floor after")) + '<th class="words">why</th>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cells(tag: str, texts: tuple[str, ...]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def _units(units: int | None) -> str:
    return "not known" if units is None else str(units)


def _notes(story: DemoStory) -> str:
    return (
        f"One unit of {story.resource} carries {story.unit_capacity:g} requests per second and is ready "
        f"{story.lead_time_s / 60:g} minutes after it is asked for. A unit is lacking where demand needs "
        "more than are ready. Both scalers follow the rules of the Kubernetes HorizontalPodAutoscaler in a "
        "simulation of the same demand; the one with Headstart has, as its minimum, the floors that "
        "Headstart's worker set during the run, at the times it set them, from what it had read from Kafka "
        "until then. Unit-hours count units from their request on, ready or not."
    )
