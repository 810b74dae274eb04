"""`headstart demo` from the outside: floors up before the crowd, down after it, nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
WITHIN_S = 240


def play(out: Path, *arguments: str) -> tuple[str, dict]:
    """Run the demo with its files in `out`; what it printed, and its summary."""
    command = [sys.executable, "-m", "streams.cli.main", "demo", "--out", str(out), *arguments]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HEADSTART_")}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stdout + done.stderr
    assert "Traceback" not in (out / "worker.log").read_text(encoding="utf-8", errors="replace")
    return done.stdout, json.loads((out / "summary.json").read_text(encoding="utf-8"))


def worker_processes(out: Path) -> list[psutil.Process]:
    """Processes that still run with a policy file of this demo."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(out) in argument for argument in process.info["cmdline"] or ())
    ]


@pytest.mark.timeout(300)
def test_the_demo_raises_the_floor_before_the_sale_and_lowers_it_after(tmp_path: Path) -> None:
    """The real worker raises in time, comes back to the minimum, and is beaten by no reactive scaler."""
    printed, summary = play(tmp_path, "--seconds", "20")

    start, end = (datetime.fromisoformat(summary["campaign"][edge]) for edge in ("start", "end"))
    acts = [(datetime.fromisoformat(a["at"]), a["before"], a["after"]) for a in summary["acts"]]
    raises = [at for at, before, after in acts if after > before]
    lowerings = [at for at, before, after in acts if after < before]
    lead_time = timedelta(minutes=4)
    before_sale = [after for at, _, after in acts if at <= start - lead_time]
    assert min(raises) < start - lead_time
    assert before_sale[-1] >= 30  # what the crowd of the first minutes really needs
    assert min(lowerings) >= end
    assert acts[-1][2] == 4  # the minimum of the demo's policy
    reactive, headstart = (summary["scorecards"][name] for name in ("Reactive HPA", "Headstart"))
    assert reactive["first_minutes_shortfall"] > 0.1
    assert headstart["first_minutes_shortfall"] == 0.0
    assert summary["campaign"]["readiness"] == "READY"
    assert "Headstart lacked 0%" in " ".join(printed.split())
    assert (tmp_path / "demo.png").stat().st_size > 20_000
    assert "data:image/png;base64" in (tmp_path / "demo.html").read_text(encoding="utf-8")
    assert worker_processes(tmp_path) == []


@pytest.mark.timeout(300)
def test_the_demo_plays_a_trace_of_ones_own(tmp_path: Path) -> None:
    """A CSV trace and a calendar are played like the shop, with units cut to the trace's size."""
    examples = ROOT / "deploy" / "examples"
    _, summary = play(
        tmp_path,
        *("--demand", str(examples / "shop.csv.gz"), "--campaigns", str(examples / "campaigns.csv")),
        *("--start", "2026-11-27T09:00:00Z", "--end", "2026-11-27T21:00:00Z", "--seconds", "15"),
    )

    start = datetime.fromisoformat(summary["campaign"]["start"])
    raised = [a for a in summary["acts"] if a["after"] > a["before"]]
    assert datetime.fromisoformat(raised[0]["at"]) < start
    assert set(summary["scorecards"]) == {"Reactive HPA", "Headstart"}


def test_a_missing_file_ends_the_demo_with_a_sentence(tmp_path: Path) -> None:
    """A trace that does not exist is named, with exit code 2 and no traceback."""
    command = [sys.executable, "-m", "streams.cli.main", "demo", "--demand", str(tmp_path / "none.csv")]
    command += ["--campaigns", str(tmp_path / "none-either.csv"), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert "none.csv" in done.stderr
    assert "Traceback" not in done.stderr
