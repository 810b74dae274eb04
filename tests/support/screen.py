"""What a person sees of what is printed on a console."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from rich.console import Console


def shown(show: Callable[..., Any], *arguments: Any, width: int = 80, terminal: bool = False) -> str:
    """The text that `show` prints on a terminal of this width, or, which is the default, in a pipe."""
    file = io.StringIO()
    show(Console(file=file, width=width, force_terminal=terminal, color_system=None), *arguments)
    return file.getvalue()
