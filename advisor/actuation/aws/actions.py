"""What is a call of boto3 named where permissions are given: `autoscaling:UpdateAutoScalingGroup`?"""

from __future__ import annotations

from typing import Any

_PREFIXES = {"elbv2": "elasticloadbalancing", "service-quotas": "servicequotas"}


def action_of(service: str, operation: str) -> str:
    """The action that the API's operation (`UpdateAutoScalingGroup`) of a client's service needs."""
    return f"{_PREFIXES.get(service, service)}:{operation}"


def called(client: Any, service: str, method: str) -> str:
    """The action that a method of a client (`update_auto_scaling_group`) needs."""
    return action_of(service, str(client.meta.method_to_api_mapping[method]))
