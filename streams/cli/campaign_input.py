"""What a person gave as a campaign, checked by the very reader that the worker uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from advisor.domain.campaign import Campaign
from advisor.domain.reason import Reason
from advisor.errors import ConfigError, DecodeError, Problem
from streams.codec.campaigns import Announced, Message, decode_campaign
from streams.codec.events import CAMPAIGN_SCHEDULED, build_event, write_event
from streams.codec.json_object import MAX_MESSAGE_BYTES

_ATTRIBUTES = ("id", "source", "subject", "time", "type")


def read_file(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """CloudEvents attributes and data in a JSON or YAML file; a file of data alone has no attributes.

    Raises ConfigError if it cannot be read or holds no mapping.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_MESSAGE_BYTES + 1)
        if len(raw) > MAX_MESSAGE_BYTES:
            raise _unusable(path, f"{len(raw)} bytes or more", "is too large", "give one campaign")
        content = yaml.safe_load(raw.decode("utf-8-sig"))  # JSON is YAML
    except OSError as error:
        raise _unusable(path, error.strerror, "cannot be read", "name a file that exists") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _unusable(path, str(error), "is neither JSON nor YAML", "mend it") from error
    if not isinstance(content, dict):
        raise _unusable(path, content, "holds no mapping", "write field: value lines, or a JSON object")
    plain = _plain(content)
    if "data" not in plain or "campaign_id" in plain:
        return {}, plain
    data = plain["data"]
    if not isinstance(data, dict):
        raise _unusable(path, data, "has data that is no mapping", "put the campaign's fields under data")
    return {name: plain[name] for name in _ATTRIBUTES if name in plain}, data


def shares(zones: Sequence[str]) -> dict[str, Any]:
    """The parts of an audience, written ZONE=SHARE; what is no number is left for the reader to refuse."""
    pairs = (zone.partition("=") for zone in zones)
    return {name: _number(share) for name, _, share in pairs}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def announcement(
    attributes: dict[str, Any], data: dict[str, Any], source: str, now: datetime
) -> tuple[Campaign, Message]:
    """The campaign these fields announce, and the Kafka message that does so.

    `attributes` are CloudEvents attributes that win over the defaults: `source`, and `now` (aware UTC) as
    the announcement's time. Raises DecodeError naming every field at fault.
    """
    kind = attributes.get("type", CAMPAIGN_SCHEDULED)
    if kind != CAMPAIGN_SCHEDULED:
        raise DecodeError(
            Reason.UNKNOWN_EVENT_TYPE,
            f"type is {kind!r}. Fix: submit {CAMPAIGN_SCHEDULED}; to cancel use `headstart campaign cancel`",
        )
    campaign_id = str(data.get("campaign_id", ""))
    event = build_event(
        kind,
        str(attributes.get("source", source)),
        str(attributes.get("subject", campaign_id)) or None,
        str(attributes.get("id", f"{campaign_id}/{data.get('revision')}")),
        _time(attributes.get("time"), now),
        data,
    )
    try:
        value, headers = write_event(event, "structured")
    except (TypeError, ValueError, RecursionError) as error:
        raise DecodeError(Reason.NOT_JSON, f"a value is no JSON: {error}. Fix: use plain values") from error
    message = decode_campaign(campaign_id.encode(), value, headers, received_at=now)
    if not isinstance(message, Announced):
        raise TypeError(f"an announcement was read back as {message!r}")
    return message.campaign, (campaign_id.encode(), value, headers)


def _time(given: Any, now: datetime) -> datetime:
    """When was this announced? Raises DecodeError for anything but an ISO 8601 time with an offset."""
    if given is None:
        return now
    try:
        time = datetime.fromisoformat(given)
    except (TypeError, ValueError) as error:
        raise DecodeError(Reason.FIELD_INVALID, f"time: {error}. Fix: write 2026-11-20T08:00:00Z") from error
    if time.tzinfo is None:
        raise DecodeError(Reason.FIELD_INVALID, f"time: {given} has no offset. Fix: add Z or an offset")
    return time


def _plain(value: Any) -> Any:
    """YAML reads unquoted times as dates: back to the text that the message carries."""
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _unusable(path: Path, value: object, message: str, fix: str) -> ConfigError:
    return ConfigError(str(path), [Problem("the file", value, message, fix)])
