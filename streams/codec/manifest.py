"""The whole input of one decision as contents: a manifest of chunks, each with up to 500 rows of one kind.

What is small or always new (levels, controls, a resource's policy) stands in the rows themselves. What is
large or seldom changes (needs, campaigns, states of resources) is a content of its own, and its row is its
key and its content's hash. So a new need costs itself, one chunk and the manifest, however large the estate.

The policy is written as the value that was decided on, not as a file: modes lowered to what can be acted on
are not in any file, and a file would have to pass the checks of whichever build reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, get_type_hints
from weakref import WeakKeyDictionary

import msgspec

from advisor.domain.advice import Need
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.errors import DecodeError, HeadstartError
from streams.codec.audit import content_hash
from streams.codec.needs_log import LevelRecord, NeedRecord, decode_needs, encode_level, encode_need, level_of
from streams.codec.needs_log import need_of as need_of_record
from streams.codec.resource_state import decode_state, encode_state
from streams.codec.versioned import read_versioned
from streams.decision_inputs import DecisionInputs

CHUNK_ROWS = 500
CHUNK_BYTES = 900_000
"""A broker refuses messages above 1 MiB unless told otherwise."""

Fetch = Callable[[Collection[str]], Mapping[str, bytes]]
"""Contents by hash: those asked for that can be found."""

Keep = Callable[[str, str], bool]
"""Is a named part (its kind, its key) wanted?"""

_NAMED = ("needs", "campaigns", "states")
_CONTROLS: dict[str, Any] = get_type_hints(Controls)
"""Each of the controls is a tuple of values of one type, and so a kind of its own."""

Decoded = TypeVar("Decoded")

_encode = msgspec.json.Encoder().encode


class InputsLostError(HeadstartError):
    """An input of a decision is not to be had, or is not what its name says, or was written otherwise."""


class ManifestRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one decision was made on: when, the policy without its resources, and per kind its chunks."""

    v: int = 1
    now: datetime
    policy: str
    chunks: dict[str, list[str]]


_manifests = msgspec.json.Decoder(ManifestRecord)


class ManifestWriter:
    """Names whole inputs; `name` takes a content and gives its hash. Needs and policy are encoded once."""

    def __init__(self, name: Callable[[bytes], str]) -> None:
        self._name = name
        self._needs: WeakKeyDictionary[Need, bytes] = WeakKeyDictionary()
        self._policy: tuple[Policy, str, list[str]] | None = None

    def write(self, seen: DecisionInputs) -> str:
        """The hash of the manifest of these inputs, with every content it names handed in."""
        policy, resource_policies = self._policy_of(seen.policy)
        rows: dict[str, Iterable[bytes]] = {
            "needs": map(self._need_row, seen.needs),
            "levels": (encode_level(seen.levels[service], None)[1] for service in sorted(seen.levels)),
            "campaigns": (self._row(c.campaign_id, _encode(c)) for c in seen.campaigns),
            "states": (self._row(*_state(seen.resources[name])) for name in sorted(seen.resources)),
            **{kind: map(_encode, getattr(seen.controls, kind)) for kind in _CONTROLS},
        }
        chunks = {kind: self._chunks(of_kind) for kind, of_kind in rows.items()}
        chunks["resource_policies"] = resource_policies
        return self._name(_encode(ManifestRecord(now=seen.now, policy=policy, chunks=chunks)))

    def _policy_of(self, policy: Policy) -> tuple[str, list[str]]:
        if self._policy is None or self._policy[0] is not policy:
            head = self._name(_encode(replace(policy, resources={})))
            self._policy = policy, head, self._chunks(map(_encode, policy.resources.values()))
        return self._policy[1], self._policy[2]

    def _need_row(self, need: Need) -> bytes:
        """Needs are compared by identity, and a need that did not change stays the same object."""
        row = self._needs.get(need)
        if row is None:
            key, content = encode_need(need, None)
            row = self._needs[need] = self._row(key.decode(), content)
        return row

    def _row(self, key: str, content: bytes) -> bytes:
        return _encode([key, self._name(content)])

    def _chunks(self, rows: Iterable[bytes]) -> list[str]:
        """The hashes of JSON arrays of these rows, in order."""
        names: list[str] = []
        chunk: list[bytes] = []
        size = 0
        for row in rows:
            if chunk and (len(chunk) == CHUNK_ROWS or size + len(row) >= CHUNK_BYTES):
                names.append(self._name(b"[" + b",".join(chunk) + b"]"))
                chunk, size = [], 0
            chunk.append(row)
            size += len(row) + 1
        if chunk:
            names.append(self._name(b"[" + b",".join(chunk) + b"]"))
        return names


def _state(state: ResourceState) -> tuple[str, bytes]:
    key, content = encode_state(state)
    return key.decode(), content


def everything(_kind: str, _key: str) -> bool:
    """Every part is wanted: what making the decision again needs."""
    return True


def read_inputs(manifest: str, fetch: Fetch, keep: Keep = everything) -> DecisionInputs:
    """What was one decision made on? `manifest` is the hash that its audit record names.

    `fetch` is called at most three times: for the manifest, for its chunks, and for the parts to `keep`.
    Raises InputsLostError.
    """
    record = read_content(manifest, "manifest", _manifest, fetch([manifest]))
    found = _fetched([record.policy, *(name for names in record.chunks.values() for name in names)], fetch)

    def rows(kind: str, rows_of: Any) -> list[Any]:
        decode = msgspec.json.Decoder(rows_of).decode
        return [r for name in record.chunks.get(kind, ()) for r in read_content(name, kind, decode, found)]

    wanted = {
        kind: [name for key, name in rows(kind, list[tuple[str, str]]) if keep(kind, key)] for kind in _NAMED
    }
    parts = _fetched([name for names in wanted.values() for name in names], fetch)

    def named(kind: str, decode: Callable[[bytes], Any]) -> list[Any]:
        return [read_content(name, kind, decode, parts) for name in wanted[kind]]

    levels = [level_of(level) for level in rows("levels", list[LevelRecord])]
    resource_policies = rows("resource_policies", list[ResourcePolicy])
    head: Policy = read_content(record.policy, "policy", msgspec.json.Decoder(Policy).decode, found)
    return DecisionInputs(
        needs=tuple(named("needs", _need)),
        levels={level.service: level for level in levels},
        campaigns=tuple(named("campaigns", msgspec.json.Decoder(Campaign).decode)),
        resources={state.resource: state for state in named("states", decode_state)},
        controls=Controls(**{kind: tuple(rows(kind, of)) for kind, of in _CONTROLS.items()}),
        policy=replace(head, resources={r.resource: r for r in resource_policies}),
        now=record.now,
    )


def _need(content: bytes) -> Need:
    record = decode_needs(content)
    if not isinstance(record, NeedRecord):
        raise msgspec.ValidationError(f"expected a need, found a {type(record).__name__}")
    return need_of_record(record)


def _fetched(names: Collection[str], fetch: Fetch) -> Mapping[str, bytes]:
    return fetch(names) if names else {}


def _manifest(content: bytes) -> ManifestRecord:
    return read_versioned(_manifests.decode, content, "manifest")


def read_content(
    name: str, what: str, decode: Callable[[bytes], Decoded], found: Mapping[str, bytes]
) -> Decoded:
    """A content as its kind reads it. Raises InputsLostError, naming the kind and the hash."""
    content = found.get(name)
    if content is None:
        raise InputsLostError(f"{what}: the content {name} is not on the inputs topic any more")
    if content_hash(content) != name:
        raise InputsLostError(f"{what}: what lies at {name} has another hash, so it was changed")
    try:
        return decode(content)
    except (msgspec.DecodeError, DecodeError) as error:
        raise InputsLostError(f"{what}: this build cannot read {name}: {error}") from error
