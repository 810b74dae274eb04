"""Deciding is a function of its arguments: the pure packages read no clock, file or environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.impurities import impurities

ROOT = Path(__file__).parents[2]
PURE_PACKAGES = ("aggregation", "domain", "forecasting", "planning", "simulation")
PURE_MODULES = ("errors.py", "pipeline.py")


def pure_files() -> list[Path]:
    advisor = ROOT / "advisor"
    packages = [path for package in PURE_PACKAGES for path in sorted((advisor / package).rglob("*.py"))]
    return packages + [advisor / module for module in PURE_MODULES]


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_code_computes_from_its_arguments_alone(path: Path) -> None:
    """Time, chance and data reach a pure module as arguments; nothing in it fetches them by itself."""
    assert impurities(path.read_text()) == []


@pytest.mark.parametrize("package", PURE_PACKAGES)
def test_every_pure_package_is_looked_at(package: str) -> None:
    """A package that was renamed or moved does not slip out of the check."""
    assert any(package in path.parts for path in pure_files())


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now()",
        "from datetime import datetime as dt, UTC\ndt.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "from datetime import date\ndate.today()",
        "from datetime import datetime\nclock = datetime.now",
        "import time\ntime.monotonic()",
        "from time import sleep\nsleep(1)",
        "import asyncio",
        "import numpy as np\nnp.datetime64('now')",
        "import random\nrandom.shuffle([1, 2])",
        "from random import choice\nchoice([1, 2])",
        "import random\nrandom.Random()",
        "import numpy as np\nnp.random.normal()",
        "import numpy as np\nnp.random.default_rng()",
        "from numpy.random import default_rng\ndefault_rng(None)",
        "open('policy.yaml')",
        "import os\nos.environ['HOME']",
        "from os import environ\nenviron['HOME']",
        "print('deciding')",
    ],
)
def test_the_check_finds_what_it_is_for(source: str) -> None:
    """Each way of reading the clock, chance, files or the environment is found, under whatever name."""
    assert len(impurities(source)) > 0


@pytest.mark.parametrize(
    "source",
    [
        "def due(now):\n    return now.today_is_the_day",
        "from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)",
        "import numpy as np\nnp.random.default_rng(7).normal()",
        "import numpy as np\ndef noise(rng: np.random.Generator): return rng.normal()",
        "import random\nrandom.Random(7).random()",
        "import numpy as np\nnp.datetime64('2026-11-27')",
        "def time(start): return start\ntime(3)",
        "class Window:\n    open: bool\nw = Window()\nw.open",
    ],
)
def test_the_check_leaves_pure_code_alone(source: str) -> None:
    """Arguments, seeded generators and names that only look alike are no impurities."""
    assert impurities(source) == []
