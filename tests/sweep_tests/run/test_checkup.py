"""`spikesweep doctor`."""

from __future__ import annotations

from pathlib import Path

import pytest

from snn.kernels.cpu import network as cpu
from sweep.cli import run


def test_it_says_which_backend_runs_and_why(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (kernels,) = (line for line in lines if "kernels" in line)
    assert "alif, lif, adlif, se_adlif, brf: cpu (the fastest on cpu)" in kernels
    assert "izhikevich: reference (no compiled loops for izhikevich neurons)" in kernels


def test_a_backend_that_fails_is_told_with_the_way_round_it(
    in_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left for compiled code")

    monkeypatch.setattr(cpu.loops, "forward", fail)
    assert run(["doctor"]) == 1
    assert (
        "MEND  kernels  cpu fails: no space left for compiled code; use backend: reference"
        in capsys.readouterr().out
    )
