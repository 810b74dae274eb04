"""What does a YAML text say, and on which line does it say it?

Only plain data is read: mappings, lists, text, numbers, true/false and null, as YAML 1.2 understands
them (so `on` and `no` are words, not switches). Whatever could surprise a reader is refused by name:
aliases (which can also blow a small file up to gigabytes), tags, several documents, a key given twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

import yaml

from advisor.errors import Problem

Location = tuple[str | int, ...]
"""Where a value sits: mapping keys and list positions from the top."""

MAX_BYTES = 16 * 1024 * 1024
"""The largest file read; ten thousand resources take about 3 MB."""

MAX_DEPTH = 12
"""The deepest nesting read; a policy needs five levels."""


class Absent(Enum):
    """Stands in a problem for a value that is not there."""

    NOTHING = "nothing"

    def __repr__(self) -> str:
        return self.value


class PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader with YAML 1.2's plain scalars; the C parser where PyYAML was built with it."""

    yaml_implicit_resolvers: ClassVar[dict[str | None, list[tuple[str, re.Pattern[str]]]]] = {}


_TAG = "tag:yaml.org,2002:"
_FLOAT = r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"
for _name, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("int", r"^[-+]?[0-9]{1,18}$", "+-0123456789"),
    ("float", _FLOAT, "+-.0123456789"),
):
    PlainLoader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), list(_first))


class PlainDumper(yaml.SafeDumper):
    """Writes what :class:`PlainLoader` reads back as the same values: it quotes by the same rules."""

    yaml_implicit_resolvers = PlainLoader.yaml_implicit_resolvers

    def ignore_aliases(self, data: object) -> bool:
        """Values are written out in full: aliases are refused on reading."""
        return True


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML text as plain data, the line of every value, and what was wrong with the text itself.

    `data` is None where the text could not be read at all; `problems` then says why.
    """

    data: object
    lines: Mapping[Location, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def where(self, location: Location) -> str:
        """How is a place named to people? For example `resources["sim://shop"].min (line 7)`."""
        line = self.line(location)
        return spell(location) if line is None else f"{spell(location)} (line {line})"

    def line(self, location: Location) -> int | None:
        """The line of a value; of the nearest thing around it where the value is not there."""
        for length in range(len(location), -1, -1):
            if location[:length] in self.lines:
                return self.lines[location[:length]]
        return None


def spell(location: Location) -> str:
    """How is a location written? Plain names with dots, other keys in quotes, list positions in brackets."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", part):
            path += f".{part}" if path else part
        else:
            path += f'["{part}"]'
    return path or "the file"


def read_document(text: str) -> Document:
    """What does the text hold? Never raises for bad text: the document carries the problems."""
    try:
        if len(text.encode("utf-8")) > MAX_BYTES:
            return Document(None, problems=(too_large(),))
        if refusals := tuple(_refusals(text)):
            return Document(None, problems=refusals)
        node = yaml.compose(text, Loader=PlainLoader)
    except UnicodeEncodeError as error:
        return _unreadable("the file", error.object[error.start], "is not valid Unicode", "save it as UTF-8")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}" if mark else "the file"
        said = "; ".join(part for part in (error.context, error.problem) if part)
        fix = "check indentation, quotes and colons on this line and the one before"
        if "alias" in said:
            fix = 'put a * that stands for every service in quotes: "*"'
        return _unreadable(where, Absent.NOTHING, f"is not valid YAML: {said}", fix)
    except yaml.YAMLError as error:
        said = str(error).splitlines()[0]
        return _unreadable("the file", Absent.NOTHING, f"is not text: {said}", "save it as plain UTF-8")
    if node is None:
        return _unreadable(
            "the file", Absent.NOTHING, "is empty", "start with `version: 1` and a `resources:` mapping"
        )
    reader = _Reader()
    data = reader.value(node, ())
    return Document(data, reader.lines, tuple(reader.problems))


def too_large() -> Problem:
    """What is said of a text beyond :data:`MAX_BYTES`."""
    return Problem("the file", Absent.NOTHING, "is larger than 16 MiB", "split the estate in two")


def _unreadable(path: str, value: object, message: str, fix: str) -> Document:
    return Document(None, problems=(Problem(path, value, message, fix),))


def _refusals(text: str) -> Iterator[Problem]:
    """What in the text is YAML, but not read here? Looks at the flat event stream, so depth cannot hurt."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=PlainLoader):
        where = f"line {event.start_mark.line + 1}" if event.start_mark else "the file"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents == 2:
                yield Problem(where, "---", "starts a second document", "keep one document to a file")
        elif isinstance(event, yaml.AliasEvent):
            fix = "write the value out, or use `defaults:` for what resources share"
            yield Problem(where, f"*{event.anchor}", "is an alias, which is not read here", fix)
        elif tag := getattr(event, "tag", None):
            yield Problem(where, tag, "is a YAML tag, which is not read here", "write the plain value")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                message = f"is nested more than {MAX_DEPTH} levels deep"
                yield Problem(where, Absent.NOTHING, message, "a policy needs five: check the brackets")
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader:
    """Turns nodes into plain data and notes the line of each value."""

    def __init__(self) -> None:
        self.lines: dict[Location, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, location: Location) -> object:
        self.lines.setdefault(location, _line(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*location, position)) for position, item in enumerate(node.value)]
        return _scalar(node.value, node.tag)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                where = f"{spell(location)} (line {line})"
                message = "has a key that is itself a list or mapping"
                self.problems.append(Problem(where, Absent.NOTHING, message, "use a plain word as the key"))
                continue
            key = str(key_node.value)
            place = (*location, key)
            if key in found:
                message = f"is given twice (first on line {self.lines[place]})"
                self.problems.append(
                    Problem(f"{spell(place)} (line {line})", key, message, "keep one of the two")
                )
                continue
            self.lines[place] = line
            found[key] = self.value(value_node, place)
        return found


def _line(node: yaml.Node) -> int:
    """The line a node starts on, from 1; a node that was parsed always knows it."""
    return node.start_mark.line + 1 if node.start_mark else 1


def _scalar(text: str, tag: str) -> object:
    match tag.removeprefix(_TAG):
        case "bool":
            return text == "true"
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "null":
            return None
    return text
