"""The reference of the feeds says what the contracts say."""

from __future__ import annotations

from incentives.feeds import reference
from incentives.feeds.contracts import FEEDS


def test_the_page_is_current() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.render(), "run `python -m incentives.feeds.reference`"


def test_every_column_of_every_feed_is_on_the_page() -> None:
    sections = {part.split("\n", 1)[0]: part for part in reference.render().split("\n## ")}

    for feed in FEEDS.values():
        assert [column.name for column in feed.columns if f"| `{column.name}` |" not in sections[feed.name]] == []
