"""The command that proves the GPU code, where there is no GPU to prove it on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.benchmarks.report import Table
from tests.gpu import __main__ as command


def test_without_a_gpu_it_says_so_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    out = tmp_path / "gpu.md"
    assert command.main(["--out", str(out)]) == 1
    assert capsys.readouterr().out.count("\n") == 1
    assert not out.exists()


def test_a_part_that_fails_loses_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def wrong() -> Table:
        raise AssertionError("spikes differ")

    def right() -> Table:
        return Table("Speed", ["", "images/s"], [["latency", "1"]], "", {})

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(command, "_head", lambda: "a card\n")
    monkeypatch.setattr(command, "PARTS", {"wrong": wrong, "right": right})
    out = tmp_path / "gpu.md"
    assert command.main(["--parts", "wrong,right", "--out", str(out)]) == 1
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "failed: wrong"
    assert "| latency | 1 |" in out.read_text()
    assert "failed: AssertionError: spikes differ" in out.read_text()


def test_an_unknown_part_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--parts", "speeed"])
    assert ended.value.code == 2
    assert "'speeed' is none of graphs, speed" in capsys.readouterr().err
