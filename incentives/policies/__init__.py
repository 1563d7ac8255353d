"""Crediting policies: the language, its parser, and the tables it becomes."""

from incentives.policies.compile import POLICY_TABLE_COLUMNS, policy_tables, policy_tables_ddl
from incentives.policies.load import PolicyVersion, load_policies, load_policy_texts, parse_policy, read_policy
from incentives.policies.model import Policy

__all__ = [
    "POLICY_TABLE_COLUMNS",
    "Policy",
    "PolicyVersion",
    "load_policies",
    "load_policy_texts",
    "parse_policy",
    "policy_tables",
    "policy_tables_ddl",
    "read_policy",
]
