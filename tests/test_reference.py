"""The references of keys and commands are what the code says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from snn.config import TrialConfig
from tests.reference import PAGES, keys_page


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_a_reference_is_up_to_date(path: Path) -> None:
    assert path.read_text() == PAGES[path](), "write it anew: python -m tests.reference"


def test_every_key_of_a_run_has_a_row() -> None:
    page = keys_page()
    for key in TrialConfig.model_fields:
        assert f"\n| `{key}` | " in page
