"""Against which quota of vCPU does an instance count?"""

from __future__ import annotations

import pytest

from advisor.actuation.aws.group_units import on_demand_of
from advisor.actuation.aws.vcpu_quotas import vcpu_quota


@pytest.mark.parametrize(
    ("instance_type", "families"),
    [
        ("m5.large", "A, C, D, H, I, M, R, T and Z"),
        ("im4gn.large", "A, C, D, H, I, M, R, T and Z"),
        ("is4gen.large", "A, C, D, H, I, M, R, T and Z"),
        ("g4dn.xlarge", "G and VT"),
        ("gr6.4xlarge", "G and VT"),
        ("vt1.3xlarge", "G and VT"),
        ("inf2.xlarge", "Inf"),
        ("trn1.2xlarge", "Trn"),
        ("dl1.24xlarge", "DL"),
        ("hpc7g.4xlarge", "HPC"),
        ("u-6tb1.56xlarge", "High Memory"),
        ("u7i-12tb.224xlarge", "High Memory"),
        ("x2gd.large", "X"),
    ],
)
def test_a_family_counts_by_its_letters_and_not_by_the_first_of_them(instance_type, families):
    quota = vcpu_quota(instance_type)

    assert quota is not None
    assert quota.families == families


@pytest.mark.parametrize("instance_type", ["mac2.metal", "", "7"])
def test_a_family_that_is_not_known_has_no_quota_here(instance_type):
    assert vcpu_quota(instance_type) is None


@pytest.mark.parametrize(
    ("mix", "units", "on_demand"),
    [
        ({}, 10, 10),
        ({"OnDemandBaseCapacity": 4, "OnDemandPercentageAboveBaseCapacity": 0}, 10, 4),
        ({"OnDemandBaseCapacity": 4, "OnDemandPercentageAboveBaseCapacity": 0}, 3, 3),
        ({"OnDemandBaseCapacity": 0, "OnDemandPercentageAboveBaseCapacity": 25}, 10, 3),
        ({"OnDemandPercentageAboveBaseCapacity": 100}, 10, 10),
    ],
)
def test_what_a_group_buys_on_demand_is_its_base_and_a_share_of_the_rest_rounded_up(mix, units, on_demand):
    group = {"MixedInstancesPolicy": {"InstancesDistribution": mix}} if mix else {}

    assert on_demand_of(group, units) == on_demand
