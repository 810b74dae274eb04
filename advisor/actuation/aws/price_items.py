"""Which product of AWS's price list is an item of ours?

Usage types are written here without their region: the list has `EUC1-LCUUsage` for `LCUUsage`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_ITEM = re.compile(r"aws/(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9])/(?P<rest>.+)")


@dataclass(frozen=True, slots=True)
class Product:
    """What to ask for: a service, attributes and, where they do not tell it apart, a usage type."""

    service: str
    attributes: Mapping[str, str]
    usage_type: str | None = None


def product_of(item: str) -> Product | None:
    """The product that an item stands for; None where it is none of AWS that we know."""
    found = _ITEM.fullmatch(item)
    if found is None:
        return None
    for pattern, product, _ in _KINDS:
        if named := re.fullmatch(pattern, found["rest"]):
            asked = product(*named.groups())
            return Product(
                asked.service, {"regionCode": found["region"], **asked.attributes}, asked.usage_type
            )
    return None


def known_items() -> tuple[str, ...]:
    """How the items are written that AWS can be asked for, for people."""
    return tuple(f"aws/REGION/{example}" for _, _, example in _KINDS)


def _instance(kind: str) -> Product:
    attributes = {
        "instanceType": kind,
        "operatingSystem": "Linux",
        "preInstalledSw": "NA",
        "tenancy": "Shared",
        "capacitystatus": "Used",
        "licenseModel": "No License required",
        "marketoption": "OnDemand",
    }
    return Product("AmazonEC2", attributes)


def _fargate(arm: str | None, dimension: str) -> Product:
    meter = {"vcpu": "vCPU-Hours:perCPU", "memory_gb": "GB-Hours"}[dimension]
    return Product("AmazonECS", {}, f"Fargate-{'ARM-' if arm else ''}{meter}")


def _balancer(reserved: str | None) -> Product:
    kind = "Reserved" if reserved else "Used"
    attributes = {
        "productFamily": "Load Balancer-Application",
        "locationType": "AWS Region",
        "groupDescription": f"{kind} Application Load Balancer capacity units-hr",
    }
    return Product("AWSELB", attributes)


def _lambda(arm: str | None) -> Product:
    return Product("AWSLambda", {"group": f"AWS-Lambda-Provisioned-Concurrency{'-ARM' if arm else ''}"})


def _aurora(engine: str, kind: str) -> Product:
    name = {"mysql": "Aurora MySQL", "postgresql": "Aurora PostgreSQL"}[engine]
    attributes = {"instanceType": kind, "databaseEngine": name, "deploymentOption": "Single-AZ"}
    return Product("AmazonRDS", attributes, f"InstanceUsage:{kind}")


def _cache(engine: str, kind: str) -> Product:
    attributes = {"instanceType": kind, "cacheEngine": engine.capitalize()}
    return Product("AmazonElastiCache", attributes, f"NodeUsage:{kind}")


def _table(meter: str) -> Product:
    name = {"rcu": "ReadCapacityUnit-Hrs", "wcu": "WriteCapacityUnit-Hrs"}[meter]
    return Product("AmazonDynamoDB", {"productFamily": "Provisioned IOPS"}, name)


_KINDS: tuple[tuple[str, Callable[..., Product], str], ...] = (
    (r"ec2/([a-z0-9-]+\.[a-z0-9-]+)", _instance, "ec2/m7g.large"),
    (r"fargate(-arm)?/(vcpu|memory_gb)", _fargate, "fargate/vcpu"),
    (r"alb(-reserved)?/lcu", _balancer, "alb/lcu"),
    (r"lambda(-arm)?/provisioned-concurrency/memory_gb", _lambda, "lambda/provisioned-concurrency/memory_gb"),
    (r"aurora-(mysql|postgresql)/(db\.[a-z0-9.-]+)", _aurora, "aurora-postgresql/db.r6g.large"),
    (
        r"elasticache-(redis|valkey|memcached)/(cache\.[a-z0-9.-]+)",
        _cache,
        "elasticache-valkey/cache.r7g.large",
    ),
    (r"dynamodb/(rcu|wcu)", _table, "dynamodb/wcu"),
)
"""How an item is written behind its region, what product it is, and an example."""
