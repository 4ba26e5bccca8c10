"""A real browser for the tests that look at pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@contextmanager
def open_page(width: int = 1600, height: int = 1000) -> Iterator[Page]:
    """A page of a headless Chromium."""
    chromium = shutil.which("chromium")
    if not chromium:
        assert not os.environ.get("CI"), "Debian's package chromium is missing"
        pytest.skip("no chromium on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=list(_OPTIONS))
        yield browser.new_page(viewport={"width": width, "height": height})
        browser.close()
