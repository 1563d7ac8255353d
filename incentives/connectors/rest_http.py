"""One request to a JSON interface: bounded, encrypted where a secret travels, tried again while that can help.

Tried again: 429 and 503 after the time that the source asks for, other 5xx, connections that fail or are cut,
answers that end too early. Not tried again: any other refusal.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING

from incentives.connectors.credentials import Secrets
from incentives.connectors.rest_model import RestConnector
from incentives.connectors.values import Tree, parse_json
from incentives.errors import IncentivesError, InputError, OutsideError

if TYPE_CHECKING:
    import httpx

_WAIT_SECONDS = 0.5
_WAIT_SECONDS_MAX = 30.0
_BUSY = (429, 503)
# What a source says to a position that it no longer knows.
_FORGOTTEN = (400, 404, 410, 422)


class PositionForgottenError(InputError):
    """The source no longer knows the position that was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of the source: its JSON, and the address of the next page where a header names one."""

    tree: Tree
    next_link: str | None


class _TryAgainError(Exception):
    """This attempt failed; another may not. Carries what happened, and how long the source asks to wait."""

    def __init__(self, what: str, wait_seconds: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.wait_seconds = wait_seconds


class Client:
    """Speaks to one source."""

    def __init__(
        self, connector: RestConnector, secrets: Secrets, where: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        import httpx

        self._connector = connector
        self._where = where
        self._sleep = sleep
        headers = {"Accept": "application/json", "User-Agent": "incentive-warehouse", **connector.headers}
        if connector.auth is not None:
            headers[connector.auth.header] = connector.auth.prefix + secrets.require(connector.auth.secret_env, where=where)
        self._origin = httpx.URL(connector.base_url)
        # Redirects are not followed: the secret would go where the source, or whoever answers for it, points.
        self._client = httpx.Client(headers=headers, timeout=connector.timeout_seconds, follow_redirects=False)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def first(self, parameters: Mapping[str, str]) -> Answer:
        """Ask for the connector's path with parameters. Raises as `follow` does."""
        return self._ask(self._connector.base_url + self._connector.path, parameters)

    def follow(self, address: str) -> Answer:
        """Ask for the address that an answer named.

        Raises:
            PositionForgottenError: The source no longer knows it.
            InputError: It leads elsewhere, or the source refuses.
            OutsideError: The source does not answer, or asks to wait longer than a run may.
        """
        import httpx

        url = self._origin.join(address)
        if (url.scheme, url.host, url.port) != (self._origin.scheme, self._origin.host, self._origin.port):
            raise InputError("the next page is on another host; the secret is not sent there.", where=self._where)
        # An address with query parameters of its own: httpx would drop them for an empty mapping.
        return self._ask(str(httpx.URL(url)), None)

    def _ask(self, address: str, parameters: Mapping[str, str] | None) -> Answer:
        failed = _TryAgainError("it was not asked")
        for attempt in range(1, self._connector.attempts + 1):
            try:
                return self._attempt(address, parameters)
            except _TryAgainError as error:
                failed = error
            wait = self._wait(failed, attempt)
            if attempt < self._connector.attempts:
                self._sleep(wait)
        raise self._outside(f"{failed.what}, {self._connector.attempts} times")

    def _wait(self, failed: _TryAgainError, attempt: int) -> float:
        if failed.wait_seconds is not None:
            if failed.wait_seconds > self._connector.wait_seconds_max:
                raise self._outside(f"{failed.what} and asks to wait {failed.wait_seconds:.0f} seconds")
            return failed.wait_seconds
        # Twice as long each time, and not in step with others that were refused at the same moment.
        return min(_WAIT_SECONDS * 2.0 ** (attempt - 1), _WAIT_SECONDS_MAX) * random.uniform(0.75, 1.25)  # noqa: S311

    def _attempt(self, address: str, parameters: Mapping[str, str] | None) -> Answer:
        import httpx

        try:
            with self._client.stream("GET", address, params=dict(parameters) if parameters is not None else None) as response:
                self._refuse(response)
                body = self._read(response)
                link = response.links.get("next", {}).get("url")
        except httpx.TransportError as error:
            raise _TryAgainError(f"the connection failed ({type(error).__name__})") from None
        except httpx.DecodingError:
            raise _TryAgainError("the answer is packed in a way that cannot be read") from None
        try:
            return Answer(parse_json(body), link)
        except ValueError:
            raise _TryAgainError("the answer is not whole JSON") from None

    def _refuse(self, response: httpx.Response) -> None:
        """Raise unless the answer is a page; the body is not shown, it may hold what is personal."""
        status = response.status_code
        if status in _BUSY:
            raise _TryAgainError(f"the source is busy (status {status})", _asked_wait(response))
        if status >= 500:
            raise _TryAgainError(f"the source failed (status {status})")
        if status in (401, 403):
            variable = self._connector.auth.secret_env if self._connector.auth else "(no auth)"
            raise InputError(
                f"the source refuses the secret (status {status}).",
                where=self._where,
                remedy=f"Check {variable} and what it may read.",
            )
        what = f"the source refuses {self._connector.path} (status {status})."
        if status in _FORGOTTEN:
            raise PositionForgottenError(what, where=self._where, remedy="Check base_url, path and parameters.")
        if status != 200:
            raise InputError(what, where=self._where, remedy="Check base_url, path and parameters; redirects are not followed.")

    def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > self._connector.answer_bytes_max:
                raise InputError(
                    f"an answer is larger than {self._connector.answer_bytes_max:,} bytes.",
                    where=self._where,
                    remedy="Ask for smaller pages, or raise answer_bytes_max.",
                )
        return bytes(body)

    def _outside(self, what: str) -> IncentivesError:
        return OutsideError(f"{what}.", where=self._where, remedy="What was delivered stays; the next run goes on from there.")


def _asked_wait(response: httpx.Response) -> float | None:
    """Return the seconds that `Retry-After` asks for, given as such or as a date beside the answer's own."""
    asked = response.headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(asked)) if asked[:1].isdigit() else _seconds_until(asked, response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None


def _seconds_until(moment: str, now: str) -> float | None:
    if not moment or not now:
        return None
    return max(0.0, (parsedate_to_datetime(moment) - parsedate_to_datetime(now)).total_seconds())
