"""The shell completes commands, options, specifications and names of sweeps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.commands.parts import completion

# What bash does when the user presses Tab, by the script that the command prints.
PRESS_TAB = """
eval "$(spikesweep --show-completion)"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_spikesweep_completion spikesweep
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(folder: Path, *words: str) -> list[str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", PRESS_TAB, "bash", "spikesweep", *words],
        cwd=folder,
        env={**os.environ, "PATH": programs, "SPIKESWEEP_STORAGE": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def folder(in_folder: Path) -> Path:
    """A folder in which sweeps were run, with some files."""
    for launch in ("quickstart/1", "which-code/1", "which-code/2"):
        (in_folder / "ray_results" / launch).mkdir(parents=True)
    for file in ("which-code.yaml", "which-old.parquet", "notes.txt", "best.pt"):
        (in_folder / file).touch()
    return in_folder


def test_bash_completes_a_command_an_option_and_the_name_of_a_sweep(folder: Path) -> None:
    assert completed(folder, "expo") == ["export", "export-runs"]
    assert completed(folder, "table", "--fo") == ["--format"]
    assert completed(folder, "table", "which-c") == ["which-code"]


def test_a_name_is_a_sweep_of_this_folder_or_a_file_of_runs(folder: Path) -> None:
    assert completion.sweeps("") == ["quickstart", "which-code", "which-old.parquet"]
    assert completion.sweeps("w") == ["which-code", "which-old.parquet"]


def test_a_specification_is_a_bundled_one_or_a_file_of_this_folder(folder: Path) -> None:
    assert completion.specifications("qu") == ["quickstart"]
    assert completion.specifications("w") == ["which-code.yaml"]


def test_a_model_is_a_checkpoint_or_a_sweep(folder: Path) -> None:
    assert completion.models("") == ["best.pt", "quickstart", "which-code"]


def test_where_nothing_was_run_there_are_no_names(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completion.sweeps("") == []
    monkeypatch.setenv("SPIKESWEEP_STORAGE", "nosuch://lab/sweeps")
    assert completion.sweeps("") == []
