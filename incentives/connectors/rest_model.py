"""What the file of a connector to a paged JSON interface may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from incentives.connectors.fields import Count, CountOrZero, DottedPath, Flag, Section, Variable
from incentives.connectors.model import MappedConnector
from incentives.connectors.urls import checked_base_url


class HeaderAuth(Section):
    """A header with a secret: `Authorization: Bearer …`."""

    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "Authorization"
    prefix: str = ""
    secret_env: Variable


class RestCursor(Section):
    """What tells changed records apart: a value of the record, sent back as a parameter that means "from there on".

    Attributes:
        path: Where the value is in a record.
        parameter: Name of the query parameter; the source must include records that equal it.
        start: Its value in the first run.
        ascending: Whether the source answers in its order; then a run that was cut goes on behind its last page.
        overlap: How far before the last position each run reads again: seconds, or that many numbers.
    """

    path: DottedPath
    parameter: str
    start: str
    type: Literal["timestamp", "number"] = "timestamp"
    ascending: Flag = False
    overlap: CountOrZero = 600


class LinkHeaderPaging(Section):
    """The next page is the `Link` header's rel="next"."""

    style: Literal["link_header"]


class BodyPaging(Section):
    """The next page is named in the answer: a token for `parameter`, or without one the address itself.

    Attributes:
        next: Where it is in the answer.
        parameter: Query parameter that takes it; without one it is the next page's address.
        more: Where the answer says `true` while more pages follow.
        last: Where the answer says `true` on the last page.
        keep: Whether the token of the last page is where the next run begins.
    """

    style: Literal["body"]
    next: DottedPath
    parameter: str | None = None
    more: DottedPath | None = None
    last: DottedPath | None = None
    keep: Flag = False


class NumberPaging(Section):
    """Pages are numbered; one with fewer than `size` records is the last."""

    style: Literal["page_number"]
    parameter: str
    first: CountOrZero = 1
    size: Count


Paging = Annotated[LinkHeaderPaging | BodyPaging | NumberPaging, Field(discriminator="style")]


class RestConnector(MappedConnector):
    """Records of a paged JSON interface.

    Attributes:
        records: Where the list of records is in an answer; without it the answer is the list.
        parameters: Sent with every request of the connector's own making.
        first_parameters: Sent with a run's first request alone, where no cursor and no kept token begins it.
        answer_bytes_max: A larger answer is refused.
        attempts: How often a request is tried that is refused for now, or whose connection fails.
    """

    kind: Literal["rest"]
    base_url: Annotated[str, AfterValidator(checked_base_url)]
    path: Annotated[str, Field(pattern=r"^/[^?#]*$")]
    auth: HeaderAuth | None = None
    headers: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")], str] = Field(default_factory=dict)
    parameters: dict[str, str] = Field(default_factory=dict)
    first_parameters: dict[str, str] = Field(default_factory=dict)
    records: DottedPath | None = None
    paging: Paging | None = None
    cursor: RestCursor | None = None
    answer_bytes_max: Count = 32 << 20
    timeout_seconds: Count = 60
    attempts: Annotated[Count, Field(le=20)] = 6
    wait_seconds_max: Count = 300

    @model_validator(mode="after")
    def _pages_do_not_shift(self) -> RestConnector:
        if isinstance(self.paging, NumberPaging) and self.cursor is not None and not self.cursor.ascending:
            raise ValueError(
                "numbered pages shift while records change, and a shifted record is lost; "
                "expected a cursor in ascending order, or no cursor"
            )
        return self
