"""Six files of a user's in one sweep on a cluster: searched, killed, resumed, shown, changed.

The cluster keeps its files in an object store, and the killed driver loses its disk.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from upath import UPath

from analysis.records import Tag
from snn import registry
from sweep.spec.sources import load_sweep
from tests.sweep_tests.head import Head
from tests.sweep_tests.object_store import bucket as bucket
from tests.sweep_tests.workplace import Workplace, wait_until

HERE = Path(__file__).parent
FILES = ("adex.py", "burst.py", "triangle.py", "bars.py", "focal.py", "snntorch_network.py")
NETWORK = "mine/snntorch_network.py:build"
OURS = {"network": "layers"}
LABELS = {"adex": "AdEx", "focal": "focal loss", "snntorch_network.py:build": "snnTorch Leaky"}
EPOCHS = 4
ALL = {
    "name": "all",
    "plugins": [f"mine/{name}" for name in FILES[:5]],
    "base": {"dataset": "bars", "epochs": EPOCHS, "n_steps": 10, "hidden": 6, "width": 8},
    "search": {
        "network": ["layers", NETWORK],
        "encoding": ["latency", "burst"],
        "burst": {"int": [2, 8], "when": {"encoding": "burst"}},
        "dynamics": {"choice": ["lif", "adex"], "when": OURS},
        "sharpness": {"float": [0.1, 0.5], "when": {"dynamics": "adex"}},
        "surrogate": {"choice": ["atan", "triangle"], "when": OURS},
        "lr": {"loguniform": [1e-3, 1e-2]},
        "loss": ["cross_entropy", "focal"],
        "gamma": {"float": [0.5, 3.0], "when": {"loss": "focal"}},
    },
    "sampler": {"name": "random", "seed": 3},
    "scheduler": {"name": "asha", "grace": 2},
    "trials": 8,
    "seeds": [0, 1],
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    (tmp_path / "mine").mkdir()
    for name in FILES:
        shutil.copy(HERE / name, tmp_path / "mine")
    yield Workplace(tmp_path)
    registry.use(registry.OURS)


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory, bucket: dict[str, str]) -> Iterator[Head]:
    """Two nodes in two working folders, without the files, each with room for one trial."""
    first, second = (tmp_path_factory.mktemp(name) for name in ("first", "second"))
    head = Head(first, cpus=1)
    try:
        head.add_node(cpus=1, folder=second)
        wait_until(lambda: head.nodes() == 2)
        yield head
    finally:
        head.close()


def test_they_are_searched_killed_resumed_and_shown_like_ours(
    place: Workplace, cluster: Head, bucket: dict[str, str]
) -> None:
    spec = place.spec(**ALL)
    command = ("run", spec, "--address", cluster.address)
    killed = cluster.start_client(*command, folder=place.folder, **bucket)
    launch = UPath(bucket["SPIKESWEEP_STORAGE"]) / "all" / "1"
    outbox = place.folder / "ray_results" / "all" / "1" / "outbox.jsonl"
    wait_until(
        lambda: (
            killed.poll() is not None
            or (outbox.exists() and outbox.read_text().count('"do":"begin"') > 4)
        ),
        150,
    )
    assert killed.poll() is None, killed.communicate()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    shutil.rmtree(place.folder / "ray_results")
    resumed = cluster.client(*command, "--resume", folder=place.folder, **bucket)
    assert resumed.returncode == 0, resumed.stderr
    check_kept(place, launch)

    runs = place.runs("all")
    assert {run.data.tags[Tag.STATE] for run in runs} == {"done", "pruned"}  # ASHA has ended some
    params = [run.data.params for run in runs]
    assert Counter(each["seed"] for each in params) == {"0": 8, "1": 8}
    assert len({run.data.tags["spikesweep.config_id"] for run in runs}) == len(runs) == 16
    seen = {(key, each[key]) for each in params for key in each}
    own = {"dynamics": "adex", "encoding": "burst", "surrogate": "triangle", "loss": "focal"}
    own |= {"network": "snntorch_network.py:build", "dataset": "bars"}
    assert own.items() <= seen
    every = list(range(1, EPOCHS + 1))
    assert all(place.epochs(run) == every for run in runs if run.data.tags[Tag.STATE] == "done")
    assert all(("sharpness" in each) == (each.get("dynamics") == "adex") for each in params)
    assert all(("gamma" in each) == (each["loss"] == "focal") for each in params)
    assert len({run.data.tags["spikesweep.node"] for run in runs}) == 1  # two nodes, one machine

    done = [
        run.data.params
        for run in runs
        if run.data.tags[Tag.STATE] == "done" and Tag.PRUNED not in run.data.tags
    ]
    table = place.run("table", "all", "--format", "md").stdout
    shown = {
        each[key]
        for each in done
        for key in ("network", "encoding", "dynamics", "loss")
        if key in each
    }
    assert "burst" in shown and "focal" in shown
    assert all(LABELS.get(value, value) in table for value in shown)
    assert "adex" not in table and "snntorch_network.py" not in table
    drawn = place.run("figure", "strip", "all", "--by", "encoding", "-o", "strip.svg")
    assert drawn.returncode == 0, drawn.stderr
    assert "burst" in (place.folder / "strip.svg").read_text()

    shutil.move(place.folder / "mine", place.folder / "away")  # the store has what they need
    registry.use(registry.OURS)
    guess = place.run("predict", "all", "test:0", **bucket)
    assert guess.stdout.startswith("test:0"), guess.stderr
    shutil.move(place.folder / "away", place.folder / "mine")

    with contextlib.chdir(place.folder):
        before = load_sweep(spec).config({}, seed=0)
        changed = place.folder / "mine" / "bars.py"
        changed.write_text(changed.read_text() + "\n# changed\n")
        after = load_sweep(spec).config({}, seed=0)
    assert before.config_id != after.config_id  # so that none of the old runs is reused


def check_kept(place: Workplace, launch: UPath) -> None:
    """The object store has all of the launch, and nothing of a network is kept elsewhere."""
    files = {file.name for file in launch.glob("trials/*/*")}
    files.discard("previous.pt")  # of those that ended early
    assert files == {"last.pt", "best.pt", "confusion.json", "predictions.parquet"}
    assert (launch / "spec.yaml").read_text().startswith("name: all")
    kept = {file.name: file.read_text() for file in launch.glob("plugins/*/*.py")}
    assert kept == {name: (HERE / name).read_text() for name in FILES}
    assert not list((place.folder / "ray_results").glob("**/*.pt"))
