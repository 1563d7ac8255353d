"""Guards of revision 0006, for SQLite and PostgreSQL. Part of an applied migration, so never edited."""

from __future__ import annotations

_KEYS = {
    "questions": "question_id = NEW.question_id",
    "question_acts": "question_id = NEW.question_id AND sequence = NEW.sequence",
    "goodwills": "cycle_id = NEW.cycle_id AND sequence = NEW.sequence",
}
# Name, table, what is refused, and the sentence.
_RULES = (
    (
        "goodwills_before_approval",
        "goodwills",
        "NOT EXISTS (SELECT 1 FROM cycle_acts a WHERE a.cycle_id = NEW.cycle_id AND a.state IN ('calculated', 'in_review')"
        " AND a.sequence = (SELECT MAX(b.sequence) FROM cycle_acts b WHERE b.cycle_id = NEW.cycle_id))",
        "goodwill is given before the cycle is approved",
    ),
    (
        "goodwills_by_another",
        "goodwills",
        "NEW.person_id = NEW.associate_id",
        "nobody gives goodwill to themself",
    ),
    (
        "question_acts_end_with_the_decision",
        "question_acts",
        "EXISTS (SELECT 1 FROM question_acts a WHERE a.question_id = NEW.question_id AND a.act = 'decide')",
        "a question is decided once, and nothing is said of it afterwards",
    ),
    (
        "question_acts_by_another",
        "question_acts",
        "EXISTS (SELECT 1 FROM questions q WHERE q.question_id = NEW.question_id AND q.associate_id = NEW.person_id)",
        "nobody answers or decides their own question",
    ),
)


def guard_names(dialect: str) -> frozenset[str]:
    """Return the names of the triggers that this revision adds."""
    last = "not_replaced" if dialect == "sqlite" else "not_truncated"
    names = {f"{table}_{kind}" for table in _KEYS for kind in ("unchanged", "kept", last)}
    return frozenset(names | {rule[0] for rule in _RULES})


def create_statements(dialect: str) -> list[str]:
    """Return the statements that create the guards."""
    statements: list[str] = []
    for table, same in _KEYS.items():
        changed, deleted, replaced = (f"{table}: a row is never {word}" for word in ("changed", "deleted", "replaced"))
        if dialect == "sqlite":
            statements += [
                _sqlite(f"{table}_unchanged", "UPDATE", table, "1", changed),
                _sqlite(f"{table}_kept", "DELETE", table, "1", deleted),
                _sqlite(f"{table}_not_replaced", "INSERT", table, f"EXISTS (SELECT 1 FROM {table} WHERE {same})", replaced),
            ]
        else:
            statements += [
                *_postgresql(f"{table}_unchanged", "BEFORE UPDATE", table, "ROW", "TRUE", changed),
                *_postgresql(f"{table}_kept", "BEFORE DELETE", table, "ROW", "TRUE", deleted),
                *_postgresql(f"{table}_not_truncated", "BEFORE TRUNCATE", table, "STATEMENT", "TRUE", deleted),
            ]
    for name, table, refused, sentence in _RULES:
        if dialect == "sqlite":
            statements.append(_sqlite(name, "INSERT", table, refused, sentence))
        else:
            statements += _postgresql(name, "BEFORE INSERT", table, "ROW", refused, sentence)
    return statements


def drop_statements(dialect: str) -> list[str]:
    """Return the statements that drop the guards."""
    kind = "TRIGGER IF EXISTS {}" if dialect == "sqlite" else "FUNCTION IF EXISTS {}() CASCADE"
    return [f"DROP {kind.format(name)}" for name in sorted(guard_names(dialect))]


def _sqlite(name: str, event: str, table: str, condition: str, sentence: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"


def _postgresql(name: str, event: str, table: str, each: str, condition: str, sentence: str) -> list[str]:
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN IF {condition} THEN"
        f" RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $guard$",
        f"CREATE TRIGGER {name} {event} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()",
    ]
