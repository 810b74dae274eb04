"""What in a piece of Python reads the clock, chance, files or the environment? Found by its syntax tree.

import-linter sees which modules are imported; this sees which of their functions are called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

CLOCKS = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
}
READERS = {"breakpoint", "input", "io.open", "open", "os.environ", "os.getenv", "os.urandom", "print"}
# Whole modules that have no business in code that computes values from values.
EFFECTFUL_MODULES = {"asyncio", "secrets", "socket", "subprocess", "threading", "time", "uuid"}
# Chance is fine if the caller seeds it; these are how one does.
SEEDABLE = {"numpy.random.default_rng", "numpy.random.SeedSequence", "numpy.random.PCG64", "random.Random"}
RANDOM_TYPES = {"numpy.random.Generator", "numpy.random.BitGenerator"}


def impurities(source: str) -> list[str]:
    """Which calls or names make this module impure? One `line N: what` each; none for pure code."""
    tree = ast.parse(source)
    names = _imported_names(tree)
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.stmt, ast.expr))]
    found = {(node.lineno, what) for node in nodes for what in _impure(node, names)}
    return [f"line {line}: {what}" for line, what in sorted(found)]


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """What each imported local name stands for: `dt` -> `datetime.datetime`, `np` -> `numpy`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.split(".")[0]
                names[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _impure(node: ast.stmt | ast.expr, names: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Import(names=imported):
            yield from (alias.name for alias in imported if alias.name.split(".")[0] in EFFECTFUL_MODULES)
        case ast.ImportFrom(module=str(module)) if module.split(".")[0] in EFFECTFUL_MODULES:
            yield module
        case ast.Call(func=function):
            name = _full_name(function, names)
            if name in SEEDABLE and not _seeded(node):
                yield f"{name} without a seed"
            if name == "numpy.datetime64" and _says_now(node):
                yield "numpy.datetime64 of the present"
            if isinstance(function, ast.Name) and name in READERS:
                yield name
        case ast.Attribute() | ast.Name():
            name = _full_name(node, names)
            resolved = isinstance(node, ast.Attribute) or node.id in names
            if resolved and (name in CLOCKS | READERS or _global_chance(name)):
                yield name


def _full_name(node: ast.expr, names: dict[str, str]) -> str:
    """The dotted name with imports resolved (`dt.now` -> `datetime.datetime.now`); "" if it is none."""
    match node:
        case ast.Name(id=name):
            return names.get(name, name)
        case ast.Attribute(value=value, attr=attribute):
            owner = _full_name(value, names)
            return f"{owner}.{attribute}" if owner else ""
        case _:
            return ""


def _global_chance(name: str) -> bool:
    """Is it a function of a random module's hidden global state, such as `random.shuffle`?"""
    module, _, _ = name.rpartition(".")
    return module in {"random", "numpy.random"} and name not in SEEDABLE | RANDOM_TYPES


def _seeded(call: ast.Call) -> bool:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in arguments)


def _says_now(call: ast.Call) -> bool:
    return any(isinstance(value, ast.Constant) and value.value in {"now", "today"} for value in call.args)
