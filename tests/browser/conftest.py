"""Debian's Chromium without a window, for every test that drives a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of one file; each test opens a context of its own."""
    place = os.environ.get("INCENTIVES_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert place, "Chromium is missing: apt-get install chromium, or name it in INCENTIVES_CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=FLAGS)
        yield browser
        browser.close()
