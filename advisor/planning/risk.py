"""How is the risk that the policy takes shared out?

Half of it is for a crowd larger than planned for: that is one event, however many resources it meets. The
other half is for units that come later than usual, shared out over the resources that one campaign moves.
"""

from __future__ import annotations

from advisor.domain.policy import Policy


def lead_levels(policy: Policy) -> dict[str, float]:
    """With which quantile of its lead times is each resource planned, so that all keep the risk?"""
    sharing: dict[str, set[str]] = {}
    for name, resource in policy.resources.items():
        for service in resource.serves:
            sharing.setdefault(service, set()).add(name)
    together = {
        name: max(1, len(set().union(*(sharing[service] for service in resource.serves))))
        for name, resource in policy.resources.items()
    }
    return {name: 1.0 - policy.risk / 2 / count for name, count in together.items()}
