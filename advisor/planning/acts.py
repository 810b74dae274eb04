"""What does carrying out an instruction make of a resource's bounds?"""

from __future__ import annotations

from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds


def target_bounds(instruction: Instruction, originals: Bounds) -> Bounds:
    """The bounds to set: the originals again, or the instruction's, never below the originals.

    A floor or a ceiling that people had set higher before our first change is theirs to lower.
    """
    if instruction.restore:
        return originals
    floor = max(instruction.floor, originals.minimum)
    return Bounds(floor, max(floor, instruction.ceiling, originals.maximum))
