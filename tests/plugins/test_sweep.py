"""A neuron, an encoding, a surrogate and a data set of a user's, in one sweep."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from snn import registry
from sweep.run import launch
from sweep.spec.sources import load_sweep
from tests.sweep_tests.workplace import Workplace

HERE = Path(__file__).parent
FILES = ("adex.py", "burst.py", "triangle.py", "bars.py")
OWN = {
    "name": "own",
    "plugins": [f"mine/{name}" for name in FILES],
    "base": {"dataset": "bars", "epochs": 1, "n_steps": 10, "hidden": 6, "burst": 4},
    "search": {},
    "points": [
        {"dynamics": "adex", "encoding": "burst", "surrogate": "triangle", "sharpness": 0.1},
        {"dynamics": "lif", "encoding": "latency", "surrogate": "atan"},
    ],
    "sampler": "grid",
    "trials": None,
    "seeds": [0, 1],
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    (tmp_path / "mine").mkdir()
    for name in FILES:
        shutil.copy(HERE / name, tmp_path / "mine")
    yield Workplace(tmp_path)
    registry.use(registry.OURS)


def test_they_are_searched_logged_shown_and_resumed_like_ours(place: Workplace) -> None:
    spec = place.spec(**OWN)
    done = place.run("run", spec)
    assert done.returncode == 0, done.stderr
    runs = place.runs("own")
    assert len(runs) == 4
    mine = [run for run in runs if run.data.params["dynamics"] == "adex"]
    assert {run.data.params["seed"] for run in mine} == {"0", "1"}
    for run in mine:
        assert run.data.params["sharpness"] == "0.1" and run.data.params["burst"] == "4"
        told = run.data.tags["spikesweep.plugins"]
        assert [part.split()[0] for part in told.split(", ")] == sorted(FILES)
        assert run.data.tags["spikesweep.labels"] == '{"dynamics": "AdEx"}'
    for run in runs:
        if run not in mine:  # of the four, it uses the data set alone
            assert run.data.tags["spikesweep.plugins"].startswith("bars.py ")
            assert "spikesweep.labels" not in run.data.tags
            assert not {"sharpness", "burst", "half_width"} & run.data.params.keys()
    table = place.run("table", "own", "--format", "csv").stdout
    assert "adex" in table and "burst" in table and "triangle" in table
    assert place.run("predict", "own", "test:0").stdout.startswith("test:0")
    registry.use(registry.OURS)  # as in a process of its own
    drawn = place.run("figure", "raster", "own", "-o", "raster.svg")
    assert drawn.returncode == 0, drawn.stderr

    changed = place.folder / "mine" / "adex.py"
    changed.write_text(changed.read_text().replace("0.05 * state.z", "0.06 * state.z"))
    refused = place.run("run", spec, "--resume")
    assert refused.returncode == 2
    assert "--resume: adex.py changed since launch 1" in refused.stderr
    launched = place.folder / "ray_results" / "own" / "1" / "spec.yaml"
    shutil.rmtree(place.folder / "mine")
    with contextlib.chdir(place.folder):
        assert launch.latest(load_sweep(str(launched))).launch == 1  # it has their content


def test_a_file_that_is_broken_ends_in_one_line_before_anything_is_made(place: Workplace) -> None:
    broken = place.folder / "mine" / "triangle.py"
    broken.write_text(broken.read_text().replace(".clamp(min=0)", ".log()"))
    checked = place.run("check", "mine/triangle.py")
    assert checked.returncode == 1
    assert "FAILS  the surrogate triangle: Its derivative is finite" in checked.stdout
    before = {path.name for path in place.folder.iterdir()}
    refused = place.run("run", place.spec(**OWN), "--dry-run")
    assert refused.returncode == 2
    assert refused.stderr.startswith("spikesweep: plugins: triangle.py: the surrogate triangle: ")
    assert refused.stderr.count("\n") == 1
    broken.write_text("def")
    refused = place.run("train", "--plugin", "mine/triangle.py", "--set", "surrogate=triangle")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "plugins: triangle.py:1: is no Python" in refused.stderr
    assert {path.name for path in place.folder.iterdir()} == before | {"own.yaml"}
