"""The frozen inputs of a calculation: integer columns read from a published snapshot.

Everything that decides a payout besides the plans is here, so that a cycle's manifest can keep it and a
replay can read it. No column holds a binary floating-point number. The Parquet bytes of equal inputs are
equal: rows are sorted, the schema is fixed, and the writer's settings are stated.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_TEXT = pa.string()
_INT = pa.int64()
_DATE = pa.date32()

_MEASURE_COLUMNS = [
    ("subject_type", _TEXT),
    ("subject_id", _TEXT),
    ("measure", _TEXT),
    ("unit_key", _TEXT),
    ("earned_date", _DATE),
    ("business_date", _DATE),
    ("currency", _TEXT),
    ("numerator", _INT),
    ("denominator", _INT),
]
_CREDITS = pa.schema(
    [
        ("associate_id", _TEXT),
        ("order_line_key", _INT),
        ("root_line_key", _INT),
        ("order_key", _INT),
        ("role", _TEXT),
        ("category", _TEXT),
        ("sku", _TEXT),
        ("location_id", _TEXT),
        ("client", _TEXT),
        ("earned_date", _DATE),
        ("business_date", _DATE),
        ("currency", _TEXT),
        ("credit_minor", _INT),
        ("quantity_milli", _INT),
        ("share_e12", _INT),
    ]
)
# Frame -> its columns, in order. Dates are days; `None` is a missing value.
SCHEMAS: dict[str, pa.Schema] = {
    # One row per subject, measure, unit, date and currency, of the measures that the plans name and their windows;
    # is_converted: money of every order in a pay currency, rather than of the orders in that currency.
    "measures": pa.schema([*_MEASURE_COLUMNS, ("is_converted", pa.bool_())]),
    # The same, of the measures that held-back payouts of earlier periods wait for: read only where some do.
    "gate_measures": pa.schema([*_MEASURE_COLUMNS, ("is_converted", pa.bool_())]),
    # One row per credited line, role and recipient; read only when a plan filters or pays by line.
    "credits": _CREDITS,
    "associates": pa.schema([("associate_id", _TEXT), ("hired_on", _DATE), ("left_on", _DATE), ("pay_group", _TEXT)]),
    "assignments": pa.schema(
        [
            ("associate_id", _TEXT),
            ("valid_from", _DATE),
            ("valid_to", _DATE),
            ("team_id", _TEXT),
            ("role", _TEXT),
            ("location_id", _TEXT),
            ("manager_id", _TEXT),
            ("fte_milli", _INT),
            ("currency", _TEXT),
        ]
    ),
    "targets": pa.schema(
        [
            ("subject_type", _TEXT),
            ("subject_id", _TEXT),
            ("measure", _TEXT),
            ("period_start", _DATE),
            ("period_end", _DATE),
            ("value_minor", _INT),
            ("value_milli", _INT),
            ("currency", _TEXT),
        ]
    ),
    # Unit, additivity and bounds of every measure, as the warehouse that made the snapshot defines them.
    "registry": pa.schema(
        [
            ("measure", _TEXT),
            ("unit", _TEXT),
            ("additivity", _TEXT),
            ("sign", _TEXT),
            ("minimum_count", _INT),
            ("payable", pa.bool_()),
        ]
    ),
    # Money measures and credited lines in the currencies of their orders, and the yearly rates that turn them into a plan's:
    # read only for plans with `fx: plan_rate`.
    "ordered_measures": pa.schema(_MEASURE_COLUMNS),
    "ordered_credits": _CREDITS,
    "plan_rates": pa.schema([("rate_year", _INT), ("from_currency", _TEXT), ("to_currency", _TEXT), ("rate_e9", _INT)]),
    # One row per person and day with hours, in hundredths: read only where a plan prorates by hours or leaves leave out.
    "attendance": pa.schema(
        [
            ("associate_id", _TEXT),
            ("work_date", _DATE),
            ("scheduled_centi", _INT),
            ("worked_centi", _INT),
            ("leave_centi", _INT),
        ]
    ),
    # One row per location and day that its calendar names: read only where a plan prorates by working days.
    "working_days": pa.schema([("location_id", _TEXT), ("calendar_day", _DATE), ("is_working", pa.bool_())]),
}
# What order lines move: of a locked period these frames are read anew.
MOVED = ("measures", "credits", "ordered_measures", "ordered_credits")


@dataclass(frozen=True, slots=True)
class BonusInputs:
    """Integer frames, one per entry of `SCHEMAS`, with Arrow-backed columns."""

    measures: pd.DataFrame
    gate_measures: pd.DataFrame
    credits: pd.DataFrame
    associates: pd.DataFrame
    assignments: pd.DataFrame
    targets: pd.DataFrame
    registry: pd.DataFrame
    ordered_measures: pd.DataFrame
    ordered_credits: pd.DataFrame
    plan_rates: pd.DataFrame
    attendance: pd.DataFrame
    working_days: pd.DataFrame

    @classmethod
    def from_tables(cls, tables: dict[str, pa.Table]) -> BonusInputs:
        """Return inputs from Arrow tables; a table that is not given is empty, columns are cast to `SCHEMAS`.

        Raises:
            pyarrow.ArrowInvalid: A value does not fit its column's type (a fraction in an integer column).
            KeyError: A table lacks a column.
        """
        return cls(**{name: _frame(tables.get(name, schema.empty_table()), schema) for name, schema in SCHEMAS.items()})

    @classmethod
    def from_parquet(cls, directory: Path) -> BonusInputs:
        """Read what `to_parquet` wrote; a frame that is not there, as an earlier version did not know it, is empty."""
        present = [name for name in SCHEMAS if (directory / f"{name}.parquet").is_file()]
        return cls.from_tables({name: pq.read_table(directory / f"{name}.parquet") for name in present})

    def to_parquet(self, directory: Path) -> tuple[Path, ...]:
        """Write one Parquet file per frame, with bytes that depend on the rows alone, and return their paths."""
        directory.mkdir(parents=True, exist_ok=True)
        paths = []
        for part in fields(self):
            schema = SCHEMAS[part.name]
            table = pa.Table.from_pandas(getattr(self, part.name), schema=schema, preserve_index=False)
            table = table.replace_schema_metadata(None)
            if table.num_rows:
                table = table.sort_by([(column, "ascending") for column in schema.names])
            path = directory / f"{part.name}.parquet"
            pq.write_table(table, path, compression="zstd", version="2.6", row_group_size=1_000_000, store_schema=False)
            paths.append(path)
        return tuple(paths)


def _frame(table: pa.Table, schema: pa.Schema) -> pd.DataFrame:
    chosen = table.select(schema.names).cast(schema)
    frame: pd.DataFrame = chosen.to_pandas(types_mapper=pd.ArrowDtype)
    return frame
