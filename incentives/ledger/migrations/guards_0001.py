"""Guards of revision 0001: what the database itself refuses, for SQLite and PostgreSQL.

Part of an applied migration, so never edited; a later revision drops and replaces what it changes.
"""

from __future__ import annotations

# Append-only tables and the keys under which a row could be replaced (SQLite's REPLACE fires no delete trigger).
APPEND_ONLY: dict[str, tuple[tuple[str, ...], ...]] = {
    "audit_events": (("event_id",), ("event_hash",)),
    "cycles": (("cycle_id",), ("pay_group", "period")),
    "cycle_acts": (("cycle_id", "sequence"), ("event_id",)),
    "calculations": (("calculation_id",), ("cycle_id", "version")),
    "statements": (("statement_id",), ("calculation_id", "number")),
    "statement_components": (("statement_id", "position"),),
    "statement_traces": (("statement_id",),),
    "journal_entries": (("entry_id",), ("idempotency_key",)),
    "postings": (("posting_id",),),
    "entry_seals": (("entry_id",),),
    "payroll_exports": (("cycle_id",),),
    "payroll_lines": (("cycle_id", "line_number"),),
    "role_grants": (("grant_id",),),
}

# Tables that change in named ways only: table -> condition under which an update is refused.
RESTRICTED: dict[str, str] = {
    "audit_texts": "NEW.event_id <> OLD.event_id OR NEW.salt IS NOT NULL OR NEW.body IS NOT NULL",
    "accounts": "NEW.account_id <> OLD.account_id OR NEW.person_id <> OLD.person_id OR NEW.login <> OLD.login"
    " OR NEW.is_demo <> OLD.is_demo OR NEW.created_at <> OLD.created_at",
    "personal_tokens": "NEW.token_id <> OLD.token_id OR NEW.account_id <> OLD.account_id OR NEW.prefix <> OLD.prefix"
    " OR NEW.token_sha256 <> OLD.token_sha256 OR NEW.issued_at <> OLD.issued_at OR NEW.expires_at <> OLD.expires_at",
}
RESTRICTED_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "audit_texts": (("event_id",),),
    "accounts": (("account_id",), ("login",)),
    "personal_tokens": (("token_id",), ("token_sha256",)),
}

# Conditions under which a new row is refused: name -> (table, condition, sentence). They refer to NEW.
REFUSED: dict[str, tuple[str, str, str]] = {
    "audit_events_chained": (
        "audit_events",
        "NEW.event_id <> (SELECT COALESCE(MAX(event_id), 0) + 1 FROM audit_events) OR NEW.previous_hash <>"
        " COALESCE((SELECT event_hash FROM audit_events ORDER BY event_id DESC LIMIT 1), '')",
        "the audit chain grows at its end only",
    ),
    "cycle_acts_in_order": (
        "cycle_acts",
        "NOT ((NEW.sequence = 1 AND NEW.act = 'open' AND NEW.state = 'open') OR EXISTS (SELECT 1 FROM cycle_acts p"
        " WHERE p.cycle_id = NEW.cycle_id AND p.sequence = NEW.sequence - 1 AND p.state || ' ' || NEW.act || ' ' || NEW.state IN ("
        "'open calculate calculated', 'calculated calculate calculated', 'in_review calculate calculated',"
        " 'calculated review in_review', 'in_review approve approved', 'approved send_back calculated',"
        " 'approved lock locked', 'locked export exported')))",
        "the act does not lead on from the state of the cycle",
    ),
    "postings_before_seal": (
        "postings",
        "EXISTS (SELECT 1 FROM entry_seals WHERE entry_id = NEW.entry_id)",
        "the entry is sealed and takes no further posting",
    ),
    "entry_seals_balance": (
        "entry_seals",
        "EXISTS (SELECT 1 FROM postings WHERE entry_id = NEW.entry_id GROUP BY currency HAVING SUM(amount_minor) <> 0)"
        " OR NEW.posting_count < 2 OR NEW.posting_count <> (SELECT COUNT(*) FROM postings WHERE entry_id = NEW.entry_id)",
        "the postings of the entry do not sum to zero",
    ),
}


def guard_names(dialect: str) -> frozenset[str]:
    """Return the names of the triggers that a whole database has."""
    names = {f"{table}_unchanged" for table in (*APPEND_ONLY, *RESTRICTED)}
    names |= {f"{table}_kept" for table in (*APPEND_ONLY, *RESTRICTED)}
    names |= set(REFUSED)
    if dialect == "sqlite":
        names |= {f"{table}_not_replaced" for table in (*APPEND_ONLY, *RESTRICTED)}
    else:
        names |= {f"{table}_not_truncated" for table in (*APPEND_ONLY, *RESTRICTED)}
    return frozenset(names)


def create_statements(dialect: str) -> list[str]:
    """Return the statements that create every guard."""
    return _sqlite() if dialect == "sqlite" else _postgresql()


def drop_statements(dialect: str) -> list[str]:
    """Return the statements that drop every guard."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name in sorted(guard_names(dialect))]
    return [f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name in sorted(_postgresql_functions())]


def _sqlite() -> list[str]:
    statements = []
    for table, keys in {**APPEND_ONLY, **RESTRICTED_KEYS}.items():
        when = f"WHEN {RESTRICTED[table]}" if table in RESTRICTED else ""
        same = " OR ".join("(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")" for key in keys)
        statements += [
            f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} {when}"
            f" BEGIN SELECT RAISE(ABORT, '{table}: a row is never changed'); END",
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table}: a row is never deleted'); END",
            f"CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
            f" BEGIN SELECT RAISE(ABORT, '{table}: a row is never replaced'); END",
        ]
    for name, (table, condition, sentence) in REFUSED.items():
        statements.append(
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )
    return statements


def _postgresql_functions() -> list[str]:
    return [
        *[f"{table}_{what}" for table in (*APPEND_ONLY, *RESTRICTED) for what in ("unchanged", "kept", "not_truncated")],
        *REFUSED,
    ]


def _postgresql() -> list[str]:
    statements = []
    for table in (*APPEND_ONLY, *RESTRICTED):
        changed = RESTRICTED.get(table, "TRUE")
        statements += _function(f"{table}_unchanged", f"IF {changed} THEN", f"{table}: a row is never changed", "NEW")
        statements += _function(f"{table}_kept", "IF TRUE THEN", f"{table}: a row is never deleted", "OLD")
        statements += _function(f"{table}_not_truncated", "IF TRUE THEN", f"{table}: a row is never deleted", "NULL")
        statements += [
            _trigger(f"{table}_unchanged", f"BEFORE UPDATE ON {table} FOR EACH ROW"),
            _trigger(f"{table}_kept", f"BEFORE DELETE ON {table} FOR EACH ROW"),
            _trigger(f"{table}_not_truncated", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"),
        ]
    for name, (table, condition, sentence) in REFUSED.items():
        statements += _function(name, f"IF {condition} THEN", sentence, "NEW")
        statements.append(_trigger(name, f"BEFORE INSERT ON {table} FOR EACH ROW"))
    return statements


def _function(name: str, condition: str, sentence: str, result: str) -> list[str]:
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN {condition}"
        f" RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {result}; END $guard$"
    ]


def _trigger(name: str, event: str) -> str:
    return f"CREATE TRIGGER {name} {event} EXECUTE FUNCTION {name}()"
