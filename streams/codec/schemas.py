"""The published JSON Schemas, generated from the very models that read and write the messages.

`python -m streams.codec.schemas DIRECTORY` writes them; a test keeps `deploy/schemas` in step.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
from pydantic import TypeAdapter

from streams.codec.campaign_model import ScheduledData
from streams.codec.command_model import ApproveData, FreezeData, HoldData, RejectData, ResumeData
from streams.codec.explanations import FORECAST_EXPLAINED, ExplanationData
from streams.codec.forecasts import ForecastRecord
from streams.codec.notices import NOTICE, Notice
from streams.codec.plan_report import PlanData, ScenariosData, SendGateReport
from streams.codec.recommendations import RecommendationData
from streams.codec.traffic import TrafficMessage

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by file name. All but traffic and forecast describe the `data` of CloudEvents."""
    return {
        "traffic.v1.json": _titled("Headstart traffic, native JSON", _traffic()),
        "campaign.v1.json": _titled(
            "Headstart campaign: data of io.headstart.campaign.scheduled.v1",
            ScheduledData.model_json_schema(),
        ),
        "command.v1.json": _titled(
            "Headstart command: data of io.headstart.command.approve.v1 and its like",
            TypeAdapter(ApproveData | RejectData | HoldData | ResumeData | FreezeData).json_schema(),
        ),
        "recommendation.v1.json": _titled(
            "Headstart recommendation: data of io.headstart.recommendation.v1", _struct(RecommendationData)
        ),
        "forecast.v1.json": _titled("Headstart forecast: the record of a service", _struct(ForecastRecord)),
        "explanation.v1.json": _titled(
            f"Headstart explanation: data of {FORECAST_EXPLAINED}", _struct(ExplanationData)
        ),
        "notice.v1.json": _titled(f"Headstart notice: data of {NOTICE}", _any_of(Notice)),
        "plan.v1.json": _titled(
            "Headstart plan: what `headstart plan --json` prints", _any_of(PlanData | ScenariosData)
        ),
        "send-gate.v1.json": _titled(
            "Headstart send gate: what `headstart send-gate --json` prints", _struct(SendGateReport)
        ),
    }


def write_schemas(directory: Path) -> list[Path]:
    """Writes every schema into the directory and returns the files."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = directory / name
        path.write_text(as_text(schema), encoding="utf-8")
        written.append(path)
    return written


def as_text(schema: dict[str, Any]) -> str:
    """The schema as the file holds it."""
    return json.dumps(schema, indent=2) + "\n"


def _traffic() -> dict[str, Any]:
    """The struct's schema and the one rule that its fields cannot say: exactly one form of amount."""
    given = {"type": "number"}
    by_count = {
        "required": ["count", "interval_s"],
        "properties": {"count": given, "interval_s": given, "rate_per_s": {"type": "null"}},
    }
    by_rate = {
        "required": ["rate_per_s"],
        "properties": {"count": {"type": "null"}, "interval_s": {"type": "null"}, "rate_per_s": given},
    }
    return _struct(TrafficMessage) | {"oneOf": [by_count, by_rate]}


def _struct(model: type[msgspec.Struct]) -> dict[str, Any]:
    """A struct's schema with the struct itself at the top, not behind a reference."""
    (root,), components = msgspec.json.schema_components([model], ref_template="#/$defs/{name}")
    top: dict[str, Any] = components.pop(root["$ref"].rsplit("/", 1)[1])
    return top | ({"$defs": components} if components else {})


def _any_of(models: Any) -> dict[str, Any]:
    """The schema of a union of structs: one of them, each in the definitions."""
    kinds = get_args(models)
    roots, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return {"anyOf": list(roots), "$defs": components}


def _titled(title: str, schema: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in schema.items() if name != "title"}
    return {"$schema": _DIALECT, "title": title, **rest}


if __name__ == "__main__":
    for file in write_schemas(Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/schemas")):
        print(file)
