"""A user's files with the names of our packages, or of our libraries', are not taken for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import ray.job_config  # noqa: F401 (while the path is whole)

import sweep
from sweep.host.shadows import job_config

BIN = Path(sys.executable).parent
HOME = Path(sweep.__file__).parents[1]


@pytest.mark.parametrize("name", ["snn", "analysis"])
def test_a_package_that_hides_ours_is_refused_in_a_line(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("raise RuntimeError('the wrong file')")
    done = subprocess.run(
        [sys.executable, "-c", "from sweep.cli import main; main()", "specs"],
        cwd="/",
        env={"PYTHONPATH": f"{tmp_path}", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"spikesweep: {tmp_path / name}.py: hides spikesweep's own {name}; rename it, or take its "
        "folder off PYTHONPATH\n"
    )


@pytest.mark.parametrize("command", [[sys.executable, "-m", "sweep.cli"], [BIN / "spikesweep"]])
def test_the_working_folder_hides_no_library(tmp_path: Path, command: list[str | Path]) -> None:
    for name in ("yaml", "snn", "analysis", "pydantic", "torch"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('the wrong file')")
    done = subprocess.run([*command, "specs"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_workers_look_where_the_driver_looks(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = "/site-packages"
    for path, expected in (
        ([elsewhere], []),  # as the command's own
        (["", elsewhere], [str(in_folder)]),  # a notebook's
        ([str(in_folder), elsewhere], [str(in_folder)]),
        # Appended: a worker puts the last of these first.
        ([elsewhere, str(in_folder)], [str(in_folder), elsewhere]),
    ):
        monkeypatch.setattr(sys, "path", [*path, str(HOME)])
        assert job_config()._py_driver_sys_path == expected
