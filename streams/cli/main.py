"""`headstart`: a module a command."""

from __future__ import annotations

import typer

from streams.cli import (
    approve,
    backtest,
    campaign,
    check,
    demo,
    freeze,
    hold,
    plan,
    prices,
    rehearse,
    reject,
    replay,
    replay_decision,
    resume,
    send_gate,
    topics,
    why,
    worker,
)

app = typer.Typer(
    name="headstart",
    help="Capacity that is there before the crowd: campaigns and traffic in, dated scaling advice out.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(demo.demo)
app.command()(worker.worker)
app.command()(check.check)
app.command()(topics.topics)
app.command()(replay.replay)
app.command()(plan.plan)
app.command()(send_gate.send_gate)
app.command()(why.why)
app.command()(replay_decision.replay_decision)
app.command()(approve.approve)
app.command()(reject.reject)
app.command()(rehearse.rehearse)
app.command()(hold.hold)
app.command()(resume.resume)
app.command()(freeze.freeze)
app.command()(backtest.backtest)
app.add_typer(campaign.app, name="campaign")
app.add_typer(prices.app, name="prices")


def run() -> None:
    """The entry point of the `headstart` command."""
    app()


if __name__ == "__main__":
    run()
