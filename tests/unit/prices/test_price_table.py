"""A table of prices: what is in it, how a unit's price comes from it, and how it is kept in a file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from advisor.errors import ConfigError
from advisor.prices.csv_file import load_prices, packaged_prices, parse_prices, write_prices
from advisor.prices.table import PriceRow, PriceTable
from advisor.prices.unit_price import Asked, NoPriceError, unit_price

ROOT = Path(__file__).parents[3]
DAY = date(2026, 10, 12)


def table(**prices: float) -> PriceTable:
    """Prices in EUR, by item; two underscores are a slash."""
    rows = (PriceRow(name.replace("__", "/"), "EUR", price, DAY, "a test") for name, price in prices.items())
    return PriceTable({row.item: row for row in rows})


FARGATE = table(fargate__vcpu=0.04, fargate__memory_gb=0.004, node=0.2)


@pytest.mark.parametrize(
    ("asked", "price"),
    [
        (Asked("node"), 0.2),
        (Asked("node", units_per_item=8), 0.025),
        (Asked("fargate", {"vcpu": 0.5, "memory_gb": 1}), 0.024),
        (Asked("fargate", {"vcpu": 0.5, "memory_gb": 1}, units_per_item=2), 0.012),
        (Asked("fargate", {"vcpu": 1, "memory_gb": 0}), 0.04),
        (Asked("fargate/vcpu"), 0.04),
    ],
)
def test_a_unit_costs_the_sum_of_its_dimensions_shared_out(asked: Asked, price: float) -> None:
    """A pod that shares a node with seven others costs an eighth of it."""
    assert unit_price(asked, FARGATE, "EUR").price_per_unit_hour == price


@pytest.mark.parametrize(
    ("asked", "message", "fix"),
    [
        (Asked("nod"), "is in no price table", "did you mean `node`? Else add it to the file that `prices:`"),
        (Asked("zebra"), "is in no price table", "add it to the file that `prices:` names"),
        (Asked("fargate"), "how much of memory_gb and vcpu is not said", "memory_gb: 1, vcpu: 1}"),
        (Asked("fargate", {"vcpu": 0.5}), "how much of memory_gb is not said", "memory_gb: 1, vcpu: 0.5}"),
        (Asked("fargate", {"vcpus": 1, "memory_gb": 1}), "is not what fargate is paid for by", "`vcpu`?"),
        (Asked("node", {"vcpu": 1}), "is not what node is paid for by", "leave it out"),
    ],
)
def test_what_has_no_price_is_answered_with_a_way_out(asked: Asked, message: str, fix: str) -> None:
    """A dimension left out would look cheap, so all must be said."""
    with pytest.raises(NoPriceError) as caught:
        unit_price(asked, FARGATE, "EUR")

    assert message in caught.value.message
    assert fix in caught.value.fix


def test_another_currency_is_refused_with_both_named() -> None:
    """Nothing is converted; one row in another currency is enough."""
    dollars = PriceTable({"fargate/vcpu": PriceRow("fargate/vcpu", "USD", 0.05, DAY, "AWS")})

    with pytest.raises(NoPriceError, match="is priced in USD, and the policy counts in EUR") as caught:
        unit_price(Asked("fargate", {"vcpu": 1, "memory_gb": 1}), dollars.over(FARGATE), "EUR")

    assert "currency: USD" in caught.value.fix


def test_a_price_is_as_old_as_its_oldest_row() -> None:
    """Of two dimensions the older one tells when the price was known to hold."""
    older = PriceTable({"fargate/vcpu": PriceRow("fargate/vcpu", "EUR", 0.05, date(2024, 1, 1), "a letter")})

    price = unit_price(Asked("fargate", {"vcpu": 1, "memory_gb": 1}), older.over(FARGATE), "EUR")

    assert (price.as_of, price.source) == (date(2024, 1, 1), "a test; a letter")
    assert price.price_per_unit_hour == 0.054


def test_own_prices_go_over_others() -> None:
    """What one's own table does not have is taken from the other."""
    both = table(node=0.1).over(FARGATE)

    assert both.rows["node"].price_per_hour == 0.1
    assert both.rows["fargate/vcpu"].price_per_hour == 0.04


# --- in a file


def test_a_table_survives_being_written(tmp_path: Path) -> None:
    """Any name, price and source is read back as it was, however small or quoted."""
    rows = [
        PriceRow("aws/eu-central-1/ec2/m7g.large", "USD", 0.0978, DAY, 'the "October" invoice, less 10 %'),
        PriceRow("a/b", "EUR", 1.3e-9, date(2024, 2, 29), "ä"),
        PriceRow("c", "EUR", 0.0, DAY, "free"),
    ]
    path = tmp_path / "prices.csv"

    write_prices(path, rows)

    assert list(load_prices(path).rows.values()) == rows


def test_writing_replaces_the_whole_file_and_keeps_its_mode(tmp_path: Path) -> None:
    """Nobody reads half a table; a link goes on pointing at it; nothing else is left in the folder."""
    path, link = tmp_path / "prices.csv", tmp_path / "link.csv"
    write_prices(path, table(old=1).rows.values())
    path.chmod(0o640)
    link.symlink_to(path)

    write_prices(link, table(new=2).rows.values())

    assert list(load_prices(path).rows) == ["new"]
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["link.csv", "prices.csv"]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """The rows come from an iterator that breaks half way."""
    path = tmp_path / "prices.csv"
    write_prices(path, table(old=1).rows.values())

    with pytest.raises(ZeroDivisionError):
        write_prices(path, (PriceRow(f"n{n}", "EUR", 1 / (1 - n), DAY, "x") for n in range(2)))

    assert list(load_prices(path).rows) == ["old"]
    assert os.listdir(tmp_path) == ["prices.csv"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As a problem with a fix, like any other."""
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        write_prices(tmp_path / "none" / "prices.csv", [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: are not the columns"),
        ("item,price\na,1\n", "line 1: are not the columns"),
        ("item,currency,price_per_hour,as_of,source\na,EUR,1\n", "line 2, the row: has not five cells"),
        ("item,currency,price_per_hour,as_of,source\na,EUR,1,2026-01-01,x,y\n", "has not five cells"),
        (
            "item,currency,price_per_hour,as_of,source\na b,EUR,1,2026-01-01,x\n",
            "line 2, item: is not an item",
        ),
        (
            "item,currency,price_per_hour,as_of,source\na,Euro,1,2026-01-01,x\n",
            "currency: is not an ISO 4217",
        ),
        (
            "item,currency,price_per_hour,as_of,source\na,EUR,-1,2026-01-01,x\n",
            "price_per_hour: is not a price",
        ),
        (
            "item,currency,price_per_hour,as_of,source\na,EUR,nan,2026-01-01,x\n",
            "price_per_hour: is not a price",
        ),
        ('item,currency,price_per_hour,as_of,source\na,EUR,"0,1",2026-01-01,x\n', "is not a price"),
        ("item,currency,price_per_hour,as_of,source\na,EUR,1,1.1.2026,x\n", "as_of: is not a day"),
        ("item,currency,price_per_hour,as_of,source\na,EUR,1,2026-01-01, \n", "source: does not say where"),
        ('item,currency,price_per_hour,as_of,source\n"a,EUR,1,2026-01-01,x\n', "is not CSV"),
        (
            "item,currency,price_per_hour,as_of,source\na,EUR,1,2026-01-01,x\na,EUR,2,2026-01-01,x\n",
            "line 3, item: has a price already",
        ),
    ],
)
def test_a_bad_table_is_answered_with_line_and_column(text: str, expected: str) -> None:
    """Each problem says where, what and how to mend it."""
    with pytest.raises(ConfigError) as caught:
        parse_prices(text, "prices.csv")

    assert expected in str(caught.value)


def test_all_problems_of_a_table_are_told_together() -> None:
    """Three rows, three mistakes, one answer."""
    rows = (",EUR,1,2026-01-01,x", "a,eur,1,2026-01-01,x", "b,EUR,x,2026-01-01,x")
    text = "\n".join(["item,currency,price_per_hour,as_of,source", *rows])

    with pytest.raises(ConfigError) as caught:
        parse_prices(text, "prices.csv")

    assert [p.path for p in caught.value.problems] == [
        "line 2, item",
        "line 3, currency",
        "line 4, price_per_hour",
    ]


def test_a_table_as_spreadsheets_save_it_is_read(tmp_path: Path) -> None:
    """With a byte order mark, carriage returns and the columns in another order."""
    path = tmp_path / "prices.csv"
    path.write_bytes(
        "\ufeffsource,item,price_per_hour,currency,as_of\r\nx,node,0.5,EUR,2026-01-01\r\n".encode()
    )

    assert load_prices(path).rows["node"].price_per_hour == 0.5


# --- what comes with us


def test_every_packaged_price_is_awss_in_dollars_and_says_what_it_is() -> None:
    """It is a list price, and its source says so: nobody shall take it for what he pays."""
    rows = list(packaged_prices().rows.values())

    assert len(rows) > 50
    assert {row.currency for row in rows} == {"USD"}
    assert [row.item for row in rows if not row.source.startswith("AWS list price")] == []
    assert [row.item for row in rows] == sorted(row.item for row in rows)


def test_twice_the_instance_costs_twice_as_much() -> None:
    """Within a family AWS prices by size, to a rounding: a slip of the pen in the table would show."""
    sizes = {"large": 1, "xlarge": 2, "2xlarge": 4, "4xlarge": 8, "8xlarge": 16}
    per_large: dict[str, list[float]] = {}
    for item, row in packaged_prices().rows.items():
        family, _, size = item.partition(".")
        if "/ec2/" in item and size in sizes:
            per_large.setdefault(family, []).append(row.price_per_hour / sizes[size])

    assert len(per_large) > 10
    assert [f for f, prices in per_large.items() if max(prices) > 1.002 * min(prices)] == []


def test_a_wheel_holds_the_packaged_prices(tmp_path: Path) -> None:
    """Data beside the code is easily left out of what is installed."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        packaged = archive.read("advisor/prices/aws.csv").decode()

    assert parse_prices(packaged, "aws.csv") == packaged_prices()
