"""Where results go: a file by its name, a server by its port."""

from __future__ import annotations

import socket
from pathlib import Path

import pandas as pd
import pytest

from sweep.cli import run
from sweep.commands.parts.output import write
from sweep.errors import SpecError

TABLE = pd.DataFrame({"a": [1]})


@pytest.mark.parametrize("name", ["t.xlsx", "t.txt", "t.json"])
def test_a_name_that_says_no_known_format_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError, match=r"ends in none of \.csv, \.md, \.tex, \.parquet; give one"):
        write(TABLE, TABLE, "", tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_is_given_is_written_under_any_name_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(TABLE, TABLE, "csv", tmp_path / "t.txt")
    assert (tmp_path / "t.txt").read_text() == "a\n1\n"
    told = capsys.readouterr()
    assert told.out == "" and "t.txt: 0.0 kB" in told.err.replace("\n", "")


def test_a_port_that_is_taken_is_named(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run(["ui", "--port", str(port)]) == 1
    told = f"spikesweep: port {port}: Address already in use; give another with --port\n"
    assert capsys.readouterr().err == told
