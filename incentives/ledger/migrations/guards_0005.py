"""Guards of revision 0005, for SQLite and PostgreSQL. Part of an applied migration, so never edited."""

from __future__ import annotations

TABLE = "publications"
_CHANGED = f"{TABLE}: a row is never changed"
_DELETED = f"{TABLE}: a row is never deleted"
_REPLACED = f"{TABLE}: a row is never replaced"
_ALONE = "a text is confirmed by another person than who proposed it, and no other text"
_REFUSED = (
    "NEW.state = 'confirmed' AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.document = NEW.document"
    " AND p.sequence = NEW.sequence - 1 AND p.state = 'proposed' AND p.body = NEW.body AND p.person_id <> NEW.person_id)"
)
_BY_TWO = f"{TABLE}_by_two"


def guard_names(dialect: str) -> frozenset[str]:
    """Return the names of the triggers that this revision adds."""
    last = "not_replaced" if dialect == "sqlite" else "not_truncated"
    return frozenset({f"{TABLE}_unchanged", f"{TABLE}_kept", f"{TABLE}_{last}", _BY_TWO})


def create_statements(dialect: str) -> list[str]:
    """Return the statements that create the guards."""
    if dialect == "sqlite":
        same = "document = NEW.document AND sequence = NEW.sequence"
        return [
            f"CREATE TRIGGER {TABLE}_unchanged BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_CHANGED}'); END",
            f"CREATE TRIGGER {TABLE}_kept BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_DELETED}'); END",
            f"CREATE TRIGGER {TABLE}_not_replaced BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE {same})"
            f" BEGIN SELECT RAISE(ABORT, '{_REPLACED}'); END",
            f"CREATE TRIGGER {_BY_TWO} BEFORE INSERT ON {TABLE} WHEN {_REFUSED} BEGIN SELECT RAISE(ABORT, '{_ALONE}'); END",
        ]
    return [
        *_postgresql(f"{TABLE}_unchanged", "BEFORE UPDATE", "ROW", "TRUE", _CHANGED),
        *_postgresql(f"{TABLE}_kept", "BEFORE DELETE", "ROW", "TRUE", _DELETED),
        *_postgresql(f"{TABLE}_not_truncated", "BEFORE TRUNCATE", "STATEMENT", "TRUE", _DELETED),
        *_postgresql(_BY_TWO, "BEFORE INSERT", "ROW", _REFUSED, _ALONE),
    ]


def drop_statements(dialect: str) -> list[str]:
    """Return the statements that drop the guards."""
    kind = "TRIGGER IF EXISTS {}" if dialect == "sqlite" else "FUNCTION IF EXISTS {}() CASCADE"
    return [f"DROP {kind.format(name)}" for name in sorted(guard_names(dialect))]


def _postgresql(name: str, event: str, each: str, condition: str, sentence: str) -> list[str]:
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN IF {condition} THEN"
        f" RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $guard$",
        f"CREATE TRIGGER {name} {event} ON {TABLE} FOR EACH {each} EXECUTE FUNCTION {name}()",
    ]
