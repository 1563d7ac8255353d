"""Records of a paged JSON interface, page by page.

Where the source answers in the order of a cursor, each page moves the position; elsewhere the position is the
source's own token for the next page, and the cursor moves at the end of the sweep. Either way a run that was
cut goes on behind the last page that is durable, or before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from incentives.connectors.credentials import Secrets
from incentives.connectors.pages import Page
from incentives.connectors.rest_http import Answer, Client, PositionForgottenError
from incentives.connectors.rest_model import BodyPaging, LinkHeaderPaging, NumberPaging, RestConnector, RestCursor
from incentives.connectors.values import MappingError, Record, Tree, number_of, text_of
from incentives.errors import InputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE, _HIGH, _NEXT = "since", "high", "next"


def what_is_read(connector: RestConnector) -> tuple[str, ...]:
    """Return what a position of this connector belongs to."""
    cursor = (connector.cursor.path, connector.cursor.parameter) if connector.cursor else ()
    return (connector.base_url, connector.path, *(f"{name}={value}" for name, value in connector.parameters.items()), *cursor)


def pages(
    connector: RestConnector,
    position: Mapping[str, str],
    secrets: Secrets,
    *,
    where: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Page]:
    """Yield the pages behind a position.

    Args:
        connector: What is read.
        position: Behind which record, and in the middle of which sweep; empty for everything.
        secrets: Holds the token.
        where: The connector's file, for messages.
        sleep: Waits before a request is made again.

    Raises:
        InputError: The source refuses, or answers something else than described.
        OutsideError: The source does not answer.
    """
    with Client(connector, secrets, where, sleep) as client:
        sweep = _Sweep(connector, client, where)
        try:
            yield from sweep.pages(position)
        except PositionForgottenError:
            if not sweep.is_resumed_in_vain:
                raise
            # The token for the next page has expired since the last run: the sweep begins again at its cursor.
            yield from _Sweep(connector, client, where).pages({key: text for key, text in position.items() if key == _SINCE})


@dataclass(frozen=True, slots=True)
class _Mark:
    """A value of the cursor: what orders it, and the text that the source wrote."""

    order: Decimal
    text: str


class _Sweep:
    def __init__(self, connector: RestConnector, client: Client, where: str) -> None:
        self._connector = connector
        self._client = client
        self._where = where
        self.is_resumed_in_vain = False

    def pages(self, position: Mapping[str, str]) -> Iterator[Page]:
        if isinstance(self._connector.paging, NumberPaging):
            yield from self._numbered(position, self._connector.paging)
        else:
            yield from self._linked(position)

    def _linked(self, position: Mapping[str, str]) -> Iterator[Page]:
        cursor = self._connector.cursor
        since = self._mark(position[_SINCE]) if _SINCE in position else None
        high = self._mark(position[_HIGH]) if _HIGH in position else since
        token = position.get(_NEXT)
        if token is not None:
            self.is_resumed_in_vain = True
            answer = self._next(token)
            self.is_resumed_in_vain = False
        else:
            answer = self._client.first(self._begin(since))
        while True:
            records = self._records(answer)
            high = self._highest(records, high)
            following, is_last = self._token(answer)
            if following is not None and following == token and not is_last:
                raise InputError("the next page is this one again; reading would never end.", where=self._where)
            if is_last or (cursor is not None and cursor.ascending):
                since = high
            marks = {_SINCE: since, _HIGH: None if is_last else high}
            now = {name: mark.text for name, mark in marks.items() if mark is not None}
            if following is not None and (not is_last or self._keeps_token):
                now[_NEXT] = following
            yield Page(records, now)
            if is_last or following is None:
                return
            token = following
            answer = self._next(token)

    def _numbered(self, position: Mapping[str, str], paging: NumberPaging) -> Iterator[Page]:
        """Yield numbered pages.

        Behind a page the cursor moves and the numbers begin again, since a record that changes meanwhile
        moves to the end and shifts the others; numbers go up only where a whole page shares one moment.
        """
        kept = self._mark(position[_SINCE]) if _SINCE in position else None
        number = paging.first
        parameters = self._begin(kept)
        reached: _Mark | None = None
        while True:
            answer = self._client.first({**parameters, paging.parameter: str(number)})
            records = self._records(answer)
            high = self._highest(records, reached)
            if high is not None and (kept is None or high.order > kept.order):
                kept = high
            yield Page(records, {_SINCE: kept.text} if kept else {})
            if len(records) < paging.size:
                return
            if self._connector.cursor is None or high is None or (reached is not None and high.order == reached.order):
                number += 1
                continue
            reached, number = high, paging.first
            parameters = {**self._connector.parameters, self._connector.cursor.parameter: high.text}

    @property
    def _keeps_token(self) -> bool:
        return isinstance(self._connector.paging, BodyPaging) and self._connector.paging.keep

    def _begin(self, since: _Mark | None) -> Mapping[str, str]:
        """Return the parameters of a sweep's first request: from the cursor on, less the overlap."""
        parameters = dict(self._connector.parameters)
        cursor = self._connector.cursor
        if cursor is not None:
            parameters[cursor.parameter] = _less(since, cursor) if since else cursor.start
        elif since is None:
            parameters.update(self._connector.first_parameters)
        return parameters

    def _next(self, token: str) -> Answer:
        paging = self._connector.paging
        if isinstance(paging, BodyPaging) and paging.parameter is not None:
            return self._client.first({**self._connector.parameters, paging.parameter: token})
        return self._client.follow(token)

    def _token(self, answer: Answer) -> tuple[str | None, bool]:
        """Return what leads to the next page, and whether this page is the last."""
        paging = self._connector.paging
        if isinstance(paging, LinkHeaderPaging):
            return answer.next_link, answer.next_link is None
        if not isinstance(paging, BodyPaging):
            return None, True
        token = text_of(_at(answer.tree, paging.next)) or None
        is_last = token is None
        if paging.more is not None:
            is_last = is_last or text_of(_at(answer.tree, paging.more)) != "true"
        if paging.last is not None:
            is_last = is_last or text_of(_at(answer.tree, paging.last)) == "true"
        return token, is_last

    def _records(self, answer: Answer) -> list[Record]:
        place = self._connector.records
        listed = _at(answer.tree, place) if place else answer.tree
        if not isinstance(listed, list) or not all(isinstance(record, dict) for record in listed):
            raise InputError(
                f"the answer has no list of records at {place or 'its top'}.", where=self._where, remedy="Change `records`."
            )
        return listed

    def _highest(self, records: list[Record], high: _Mark | None) -> _Mark | None:
        if self._connector.cursor is None:
            return None
        for record in records:
            try:
                mark = self._mark(text_of(_at(record, self._connector.cursor.path)))
            except MappingError as error:
                raise InputError(f"cursor.path: {error}.", where=self._where) from error
            if high is None or mark.order > high.order:
                high = mark
        return high

    def _mark(self, text: str) -> _Mark:
        cursor = self._connector.cursor
        assert cursor is not None
        try:
            if cursor.type == "number":
                return _Mark(number_of(text), text)
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise InputError(
                f"a record has no {cursor.type} at {cursor.path}; it tells where reading goes on.",
                where=self._where,
                remedy="Change cursor.path or cursor.type.",
            ) from error
        return _Mark(Decimal((_with_zone(moment) - _EPOCH) // timedelta(microseconds=1)), text)


def _at(tree: Tree, path: str) -> Tree:
    for step in path.split("."):
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(step)
    return tree


def _less(mark: _Mark, cursor: RestCursor) -> str:
    """Return where a run begins: the mark less the overlap, written as the source writes it."""
    if not cursor.overlap:
        return mark.text
    if cursor.type == "number":
        return format(mark.order - cursor.overlap, "f")
    earlier = (_with_zone(datetime.fromisoformat(mark.text)) - timedelta(seconds=cursor.overlap)).replace(microsecond=0)
    if mark.text.endswith("Z"):
        return earlier.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return earlier.isoformat()


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
