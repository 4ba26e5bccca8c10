"""Data are compared with what the trials would do with them, before any trial runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from snn.errors import ConfigError
from sweep.errors import SpecError
from sweep.run.runner import notes, read_datasets
from sweep.spec.sources import load_sweep
from tests.snn_tests.data import event_files, own_files
from tests.sweep_tests.spec.written import changed, write


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    event_files.npz(tmp_path / "events.npz")
    event_files.npz(tmp_path / "alone.npz", speaker=None)
    own_files.npz(tmp_path / "images.npz")
    return tmp_path


def test_every_combination_of_data_and_encoding_is_checked(folder: Path) -> None:
    mixed = {"dataset": ["events.npz", "images.npz"], "encoding": ["constant", "events"]}
    with pytest.raises(SpecError) as caught:
        read_datasets(load_sweep(write(folder, changed(base={}, search=mixed)), {}))
    first, second = caught.value.mistakes
    assert first.startswith("encoding: constant takes images, and the data set events.npz has eve")
    assert first.endswith("; use events")
    assert second.startswith(
        "encoding: events takes events, and the data set images.npz has images"
    )


def test_every_data_set_that_cannot_be_read_is_a_line(folder: Path) -> None:
    sets = {"dataset": ["./nothing.npz", "events.npz", "./no.npz"]}
    with pytest.raises(SpecError) as caught:
        read_datasets(load_sweep(write(folder, changed(base={}, search=sets)), {}))
    one, other = caught.value.mistakes
    assert one.startswith("nothing.npz: no such file") and other.startswith("no.npz: no such file")


def test_groups_that_are_held_out_must_be_known(folder: Path) -> None:
    keys = {"encoding": "events", "val_groups": True}
    sets = {"dataset": ["events.npz", "alone.npz"]}
    with pytest.raises(SpecError, match=r"^val_groups: the data set alone.npz has no groups"):
        read_datasets(load_sweep(write(folder, changed(base=keys, search=sets)), {}))
    fitting = changed(base={"dataset": "events.npz", **keys})
    assert list(read_datasets(load_sweep(write(folder, fitting), {}))) == ["events.npz"]


def test_how_many_samples_are_cut_is_told_once_for_every_length(folder: Path) -> None:
    keys = {"dataset": "events.npz", "encoding": "events", "n_steps": 10, "time_bin": 100.0}
    sweep = load_sweep(write(folder, changed(base=keys)), {})
    assert notes(sweep, read_datasets(sweep)) == []
    del keys["time_bin"]
    search = {"time_bin": [10.0, 20.0, 100.0], "dynamics": ["lif", "alif"]}
    sweep = load_sweep(write(folder, changed(base=keys, search=search)), {})
    told = notes(sweep, read_datasets(sweep))
    assert len(told) == 4  # training and test, of two lengths
    assert "training samples last longer than n_steps × time_bin = 10 × 10 ms" in told[0]


def test_a_split_that_leaves_nothing_is_told(folder: Path) -> None:
    keys = {"dataset": "events.npz", "encoding": "events", "val_fraction": 0.01}
    with pytest.raises(ConfigError, match="leaves no images of 9 for one side"):
        read_datasets(load_sweep(write(folder, changed(base=keys)), {}))
