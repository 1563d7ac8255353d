"""A small retailer's marts, written by hand: the worked example of crediting, two teams, and a person who moved.

People: Lina, Bea and Cleo are in team Paris, which Anna leads; Sam is in team Lyon, which Bruno leads; Noor was in
Paris until the end of February and has been in Lyon since. Omar and Iris are in finance. All figures are written out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.serving import snapshots
from incentives.serving.snapshots import Snapshot
from incentives.workspace import Workspace

# 14:05 in Paris, the last day of March 2026.
NOW = datetime(2026, 3, 31, 12, 5, tzinfo=UTC)
PUBLISHED = NOW
TRILLION = 10**12
# Kind weight times 2^36 at age 0, halved at one half-life: the integer decay of the crediting rules.
ONE_HALF_LIFE = 2**35

CONFIG = """
[workspace]
id = "000000000000000000000000000000aa"
name = "Maison Test"
demo = {demo}
time_zone = "Europe/Paris"

[sources.till]
feeds = ["*"]

[pay_groups.main]
legal_entity = "Maison SA"
country = "FR"
currency = "EUR"
default = true
"""

NAMES = {
    "lina": "Lina Moreau",
    "bea": "Béatrice Roux",
    "cleo": "Cléo Lambert",
    "sam": "Sam Petit",
    "noor": "Noor Haddad",
    "anna": "Anna Keller",
    "bruno": "Bruno Costa",
    "mallory": "<script>alert('x')</script>",
}

DDL = """
create schema marts;
create table marts.dim_associates (associate_id varchar, hired_on date, left_on date, pay_group varchar);
create table marts.dim_assignments (associate_id varchar, valid_from date, valid_to date, team_id varchar, role varchar,
    location_id varchar, manager_id varchar, fte_milli bigint, currency varchar);
create table marts.dim_locations (location_id varchar, name varchar, country varchar, region varchar, time_zone varchar, kind varchar);
create table marts.dim_targets (subject_type varchar, subject_id varchar, measure varchar, period_start date, period_end date,
    value_minor bigint, value_milli bigint, currency varchar);
create table marts.fct_attendance (associate_id varchar, scheduled_centi bigint, worked_centi bigint, leave_centi bigint, work_date date);
create table marts.fct_order_lines (order_line_key bigint, root_line_key bigint, order_key bigint, source varchar, order_id varchar,
    line_id varchar, line_kind varchar, channel varchar, location_id varchar, sku varchar, category varchar, quantity_milli bigint,
    currency varchar, net_minor bigint, ordered_at timestamp, completed_at timestamp, business_date date, earned_date date,
    customer_key bigint, policy_key varchar);
create table marts.fct_credits (order_line_key bigint, root_line_key bigint, order_key bigint, source varchar, order_id varchar,
    line_id varchar, line_kind varchar, role varchar, role_order integer, recipient varchar, share_e12 bigint, credit_minor bigint,
    currency varchar, reason varchar, policy varchar, policy_key varchar, category varchar, sku varchar, location_id varchar,
    customer_key bigint, ordered_at timestamp, completed_at timestamp, business_date date, earned_date date);
create table marts.fct_credit_touches (root_line_key bigint, role varchar, recipient varchar, interaction_source varchar,
    interaction_id varchar, kind varchar, started_at timestamp, age_s bigint, kind_weight integer, weight bigint, counted boolean,
    left_out_reason varchar);
create table marts.fct_measures (subject_type varchar, subject_id varchar, measure varchar, unit_key varchar, business_date date,
    earned_date date, currency varchar, numerator bigint, denominator bigint);
create table marts.fct_pay_measures (subject_type varchar, subject_id varchar, measure varchar, currency varchar, numerator bigint,
    business_date date, earned_date date);
create table marts.dim_policies (policy_key varchar, policy varchar, valid_from date);
insert into marts.dim_policies values ('p1', 'global', '2026-01-01');
create table marts.exceptions (kind varchar, subject varchar, source varchar, order_id varchar, line_id varchar,
    amount_minor bigint, currency varchar, detail varchar);
create table marts.quarantined_rows (feed varchar, load_id integer, file_ordinal integer, file_name varchar,
    delivered_row bigint, reason varchar, sentence varchar, closed_by_load integer);
create table marts.control_total_differences (source varchar, business_date date, currency varchar, basis varchar,
    lines_stated bigint, lines_found bigint, net_stated_minor bigint, net_found_minor bigint, difference_minor bigint,
    lines_difference bigint);
create table marts.delivery_counts (load_id integer, file_ordinal integer, source varchar, feed varchar, file_name varchar,
    delivered bigint, accepted bigint, duplicate bigint, superseded bigint, quarantined bigint, outcome varchar, reason varchar);
"""


@dataclass(frozen=True)
class FixtureBuild:
    """What publishing needs of a build."""

    build_id: str = "build-1"
    last_load: int = 1
    as_of: datetime = NOW
    fingerprint: str = "code-1"


@dataclass(frozen=True)
class Part:
    """One recipient's part of a line."""

    role: str | None
    recipient: str
    share_e12: int
    credit_minor: int
    reason: str | None = None


@dataclass(frozen=True)
class Line:
    """One order line and its division."""

    key: int
    order: str
    net_minor: int
    ordered_at: datetime
    parts: tuple[Part, ...]
    location: str | None = "paris"
    customer: int | None = 77
    root: int | None = None
    earned: date | None = None
    quantity_milli: int = 1000
    channel: str = "store"


def share(percent: int) -> int:
    """Return a percentage in trillionths."""
    return percent * TRILLION // 100


def _at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute)  # noqa: DTZ001 - the marts hold UTC without a zone


# The worked example: 100.00 with shares 50, 21, 14, 15, then 40.00 come back.
WORKED_SALE = Line(
    1,
    "1001",
    10_000,
    _at(3, 12, 9, 30),
    (
        Part("seller", "sam", share(50), 5_000),
        Part("advisor", "lina", share(21), 2_100),
        Part("advisor", "bea", share(14), 1_400),
        Part("relationship", "cleo", share(15), 1_500),
    ),
    location="lyon",
)
WORKED_RETURN = Line(
    2,
    "1050",
    -4_000,
    _at(3, 28, 15, 0),
    (
        Part("seller", "sam", share(50), -2_000),
        Part("advisor", "lina", share(21), -840),
        Part("advisor", "bea", share(14), -560),
        Part("relationship", "cleo", share(15), -600),
    ),
    location="lyon",
    root=1,
    earned=date(2026, 3, 12),
    quantity_milli=-1000,
)
LINES = (
    WORKED_SALE,
    WORKED_RETURN,
    Line(3, "1101", 40_000, _at(3, 31, 8, 15), (Part("seller", "lina", share(100), 40_000),)),
    Line(
        4,
        "1102",
        8_000,
        _at(3, 31, 9, 40),
        (
            Part("seller", "lina", share(50), 4_000),
            Part("advisor", "house", share(35), 2_800, "unidentified"),
            Part("relationship", "house", share(15), 1_200, "unidentified"),
        ),
        customer=None,
    ),
    Line(
        5,
        "1080",
        128_000,
        _at(3, 14, 11, 0),
        (
            Part("seller", "sam", share(50), 64_000),
            Part("advisor", "house", share(35), 44_800, "house_account"),
            Part("relationship", "house", share(15), 19_200, "house_account"),
        ),
        location="lyon",
        customer=99,
    ),
    Line(6, "0900", 50_000, _at(2, 10, 10, 0), (Part("seller", "noor", share(100), 50_000),)),
    Line(7, "1070", 30_000, _at(3, 20, 10, 0), (Part("seller", "noor", share(100), 30_000),), location="lyon"),
    Line(
        8,
        "W-55",
        12_345,
        _at(3, 30, 20, 10),
        (Part("relationship", "lina", share(100), 12_345),),
        location=None,
        channel="online",
    ),
    Line(9, "0801", 90_000, _at(2, 3, 10, 0), (Part("seller", "lina", share(100), 90_000),)),
)
TOUCHES = (
    (1, "advisor", "lina", "chat", "c-1", "consultation", _at(3, 5, 9, 30), 7 * 86_400, 3, 3 * ONE_HALF_LIFE, True, None),
    (1, "advisor", "lina", "chat", "c-2", "conversation", _at(3, 5, 8, 0), 7 * 86_400 + 5_400, 2, 0, False, "one_per_day"),
    (1, "advisor", "bea", "chat", "c-3", "conversation", _at(3, 5, 9, 30), 7 * 86_400, 2, 2 * ONE_HALF_LIFE, True, None),
)
ASSIGNMENTS = (
    ("lina", date(2025, 1, 1), None, "t-paris", "client_advisor", "paris", "anna", 1000, "EUR"),
    ("bea", date(2025, 1, 1), None, "t-paris", "client_advisor", "paris", "anna", 1000, "EUR"),
    ("cleo", date(2025, 1, 1), None, "t-paris", "client_advisor", "paris", "anna", 800, "EUR"),
    ("mallory", date(2026, 3, 1), None, "t-paris", "client_advisor", "paris", "anna", 1000, "EUR"),
    ("noor", date(2025, 1, 1), date(2026, 3, 1), "t-paris", "client_advisor", "paris", "anna", 1000, "EUR"),
    ("noor", date(2026, 3, 1), None, "t-lyon", "client_advisor", "lyon", "bruno", 1000, "EUR"),
    ("sam", date(2025, 1, 1), None, "t-lyon", "client_advisor", "lyon", "bruno", 1000, "EUR"),
    ("anna", date(2025, 1, 1), None, "t-paris", "boutique_manager", "paris", None, 1000, "EUR"),
    ("bruno", date(2025, 1, 1), None, "t-lyon", "boutique_manager", "lyon", None, 1000, "EUR"),
)


def make_workspace(root: Path, *, demo: bool = False) -> Workspace:
    """Make a workspace folder with a configuration and nothing else."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "incentives.toml").write_text(CONFIG.format(demo=str(demo).lower()))
    return Workspace.open(root)


def write_warehouse(ws: Workspace, lines: tuple[Line, ...] = LINES) -> None:
    """Write the marts of the fixture into the workspace's warehouse."""
    ws.warehouse_dir.mkdir(exist_ok=True)
    ws.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(ws.warehouse)) as connection:
        connection.execute(DDL)
        everyone = sorted({row[0] for row in ASSIGNMENTS})
        connection.executemany("insert into marts.dim_associates values (?, '2025-01-01', null, 'main')", [[p] for p in everyone])
        connection.executemany(
            "insert into marts.dim_assignments values (?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(r) for r in ASSIGNMENTS]
        )
        connection.execute(
            "insert into marts.dim_locations values ('paris', 'Paris Vendôme', 'FR', 'west', 'Europe/Paris', 'boutique'), "
            "('lyon', 'Lyon', 'FR', 'south', 'Europe/Paris', 'boutique')"
        )
        connection.execute(
            "insert into marts.dim_targets values "
            "('associate', 'lina', 'credited_revenue', '2026-03-01', '2026-04-01', 100000, null, 'EUR'), "
            "('associate', 'sam', 'credited_revenue', '2026-01-01', '2026-04-01', 180000, null, 'EUR'), "
            "('team', 't-paris', 'team_credited_revenue', '2026-03-01', '2026-04-01', 300000, null, 'EUR')"
        )
        connection.execute(
            "insert into marts.fct_attendance values ('lina', 800, 600, 200, '2026-03-02'), ('sam', 800, 800, 0, '2026-03-02')"
        )
        for line in lines:
            _write_line(connection, line)
        connection.executemany(
            "insert into marts.fct_credit_touches values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(t) for t in TOUCHES]
        )
        connection.execute(
            "insert into marts.fct_measures "
            "select 'associate', recipient, 'credited_revenue', null, business_date, earned_date, currency, sum(credit_minor), null "
            "from marts.fct_credits where recipient <> 'house' group by all"
        )
        connection.execute(
            "insert into marts.exceptions values ('house_account', 'customer', 'till', '1080', '1', 64000, 'EUR', '612 orders in 30 days')"
        )


def _write_line(connection: duckdb.DuckDBPyConnection, line: Line) -> None:
    kind = "return" if line.net_minor < 0 else "sale"
    business_date = line.ordered_at.date()
    root, earned = line.root or line.key, line.earned or business_date
    connection.execute(
        "insert into marts.fct_order_lines values (?, ?, ?, 'till', ?, '1', ?, ?, ?, 'W-1', 'watches', ?, 'EUR', ?, ?, ?, ?, ?, ?, 'p1')",
        [line.key, root, line.key, line.order, kind, line.channel, line.location, line.quantity_milli, line.net_minor,
         line.ordered_at, line.ordered_at, business_date, earned, line.customer],
    )  # fmt: skip
    order = {"seller": 1, "advisor": 2, "relationship": 3, None: 9}
    for part in line.parts:
        connection.execute(
            "insert into marts.fct_credits values (?, ?, ?, 'till', ?, '1', ?, ?, ?, ?, ?, ?, 'EUR', ?, 'global', 'p1', 'watches', 'W-1', "
            "?, ?, ?, ?, ?, ?)",
            [line.key, root, line.key, line.order, kind, part.role, order[part.role], part.recipient, part.share_e12,
             part.credit_minor, part.reason, line.location, line.customer, line.ordered_at, line.ordered_at, business_date, earned],
        )  # fmt: skip


def write_names(ws: Workspace) -> None:
    """Deliver the people's names as landing stores them."""
    folder = ws.bronze / "associates"
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(range(1, len(NAMES) + 1))
    pq.write_table(pa.table({"associate_id": list(NAMES), "delivered_row": rows}), folder / "facts.parquet")
    pq.write_table(pa.table({"delivered_row": rows, "name": list(NAMES.values())}), folder / "personal.parquet")
    file = IndexedFile(
        1, 1, "till", "associates", "associates.csv", "0" * 64, 1, "loaded",
        rows_delivered=len(NAMES), facts_path="bronze/associates/facts.parquet", facts_sha256="0" * 64,
        personal_path="bronze/associates/personal.parquet",
    )  # fmt: skip
    BronzeIndex(ws.bronze_index).add_load(1, NOW, [file])


def published(root: Path, *, demo: bool = False) -> tuple[Workspace, Snapshot]:
    """Make a workspace with the fixture's marts published."""
    ws = make_workspace(root, demo=demo)
    write_warehouse(ws)
    write_names(ws)
    return ws, snapshots.publish(ws, FixtureBuild(), PUBLISHED)
