"""What the file of a connector may say, whatever its kind, and what one of a database may.

Secrets are never in it: `*_env` keys name the environment variable that holds one.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from incentives.connectors.fields import Count, CountOrZero, Flag, Section, SourceName, Variable
from incentives.connectors.outputs import Output

PAGE_ROWS_MAX = 100_000


class ConnectorSection(Section):
    """What every kind has.

    Attributes:
        source: The delivering system, as `incentives.toml` lists it; its inbox takes the files.
        gzip: Whether the files are packed.
    """

    source: SourceName
    gzip: Flag = False


class MappedConnector(ConnectorSection):
    """What every kind has that makes rows of records.

    Attributes:
        deliver: What is made of each record.
    """

    deliver: Annotated[tuple[Output, ...], Field(min_length=1)]

    @property
    def feeds(self) -> tuple[str, ...]:
        """Feeds of the files, one for each output."""
        return tuple(output.feed for output in self.deliver)


class DatabaseConnector(MappedConnector):
    """Rows of a table, or of a select statement, page by page behind a cursor column.

    Attributes:
        url_env: Variable with the SQLAlchemy URL.
        cursor: Column that grows whenever a row is added or changed; best indexed, never null.
        key: Columns that tell rows with an equal cursor apart; together with it unique.
        overlap: How far before the last position each run reads again, for what was committed late: seconds
            of a timestamp, or that many numbers.
    """

    kind: Literal["database"]
    url_env: Variable
    table: str | None = None
    select: str | None = None
    cursor: str
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    page_rows: Annotated[Count, Field(le=PAGE_ROWS_MAX)] = 5_000
    overlap: CountOrZero = 600

    @model_validator(mode="after")
    def _reads_one_thing(self) -> DatabaseConnector:
        if (self.table is None) == (self.select is None):
            raise ValueError("expected either table or select")
        return self
