"""Everything that one decision is made on, as one value: what is recorded is what was decided on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from advisor.domain.advice import Decision, Need
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.pipeline import decide


@dataclass(frozen=True, slots=True, eq=False)
class DecisionInputs:
    """All that :func:`advisor.pipeline.decide` sees; `resources` by resource id, `levels` by service.

    The policy is the one decided on: with modes lowered to what can be acted on, which no file says.
    """

    needs: tuple[Need, ...]
    levels: Mapping[str, Level]
    campaigns: tuple[Campaign, ...]
    resources: Mapping[str, ResourceState]
    controls: Controls
    policy: Policy
    now: datetime

    def decide(self) -> Decision:
        """The decision that follows from these inputs and nothing else."""
        return decide(
            self.needs, self.levels, self.campaigns, self.resources, self.controls, self.policy, self.now
        )
