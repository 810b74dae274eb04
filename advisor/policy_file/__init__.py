"""The policy file: what the people who own the estate allow, read with all its problems at once."""

from advisor.policy_file.document import policy_document
from advisor.policy_file.file import (
    AskedPrices,
    PolicyFile,
    dump_policy,
    load_policy,
    parse_asked,
    parse_policy,
    policy_schema,
    read_policy,
)

__all__ = [
    "AskedPrices",
    "PolicyFile",
    "dump_policy",
    "load_policy",
    "parse_asked",
    "parse_policy",
    "policy_document",
    "policy_schema",
    "read_policy",
]
