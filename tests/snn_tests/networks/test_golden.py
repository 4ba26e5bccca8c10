"""`preset: published` against golden vectors of the original code."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests import golden

FILE = Path(__file__).parents[2] / "data" / "published_public.npz"


def test_all_golden_cases_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert golden.main(str(FILE)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "20 passed, 0 failed"


@pytest.mark.parametrize(
    "name", ["c00/w:layers.input.forward_weights", "c12/g:layers.readout.bias_weights", "c03/trace"]
)
def test_a_single_wrong_array_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    arrays = dict(np.load(FILE))
    arrays[name] = arrays[name] + 0.01
    np.savez(tmp_path / "wrong.npz", **arrays)
    shutil.copy(FILE.with_suffix(".json"), tmp_path / "wrong.json")
    assert golden.main(str(tmp_path / "wrong.npz")) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "19 passed, 1 failed"
