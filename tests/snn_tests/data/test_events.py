"""Events: every layout is read alike, packed, and every mistake is one line."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from snn.data import load
from snn.data.events import EventDataset, Events
from snn.data.shapes import Shape
from snn.errors import DataError
from sweep.cli import run
from tests.snn_tests.data.event_files import (
    CLASSES,
    UNITS,
    WRONG,
    camera,
    events,
    hdf5,
    npz,
    recording,
    write_recording,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(name: str) -> EventDataset:
    dataset = load(name)
    assert isinstance(dataset, EventDataset) and dataset.name == name
    return dataset


def lists(dataset: EventDataset, packed: Events) -> list[tuple[list[int], list[int]]]:
    """Times in ms and units of every sample."""
    ms = np.floor(packed.ticks * dataset.tick_ms + 1e-6).astype(int)
    edges = zip(packed.offsets, packed.offsets[1:], strict=False)
    return [(ms[a:b].tolist(), packed.units[a:b].tolist()) for a, b in edges]


def wanted(seed: int = 0) -> list[tuple[list[int], list[int]]]:
    found = events(seed=seed)
    return [(t.tolist(), u.tolist()) for t, u in zip(found["times"], found["units"], strict=True)]


@pytest.mark.parametrize("ending", ["h5", "hdf5", "h5.gz"])
def test_files_of_heidelberg_s_layout_are_read_as_a_pair(ending: str) -> None:
    hdf5(Path(f"d/a_train.{ending}"), keys=["one", "two", "three"])
    hdf5(Path(f"d/a_test.{ending}"), seed=1)
    for name in ("d/", f"d/a_train.{ending}"):
        dataset = loaded(name)
        assert lists(dataset, dataset.train_events) == wanted()
        assert lists(dataset, dataset.test_events) == wanted(seed=1)
        assert dataset.size == Shape(1, UNITS, 1) and dataset.n_classes == CLASSES
        assert dataset.class_names == ("one", "two", "three")
        assert dataset.group_kind == "speaker"
        assert dataset.train_groups is not None and dataset.train_groups.max() == 2


def test_without_a_test_file_a_fifth_of_every_class_is_held_out() -> None:
    hdf5(Path("a.h5"))
    npz(Path("a.npz"))
    one, other = loaded("a.h5"), loaded("a.npz")
    assert np.bincount(one.test_labels).tolist() == [1, 1, 1]
    assert one.sha256 == other.sha256  # the same events in another form
    assert sorted([*lists(one, one.train_events), *lists(one, one.test_events)]) == sorted(wanted())


def test_recordings_of_a_camera_are_read_with_x_y_and_polarity() -> None:
    camera(Path("c"))
    (first, *_) = [recording(Path("x.bin"), 0)]
    dataset = loaded("c/")
    assert dataset.size == Shape(5, 7, 2) and dataset.class_names == ("0", "1")
    x, y, polarity, time = first.T
    units = dataset.train_events.units[:20]
    assert np.array_equal(units, (y * 7 + x) * 2 + polarity)
    ticks = dataset.train_events.ticks[:20] * dataset.tick_ms * 1000
    assert np.all((time - ticks >= -1e-6) & (time - ticks < dataset.tick_ms * 1000 + 1e-6))


def test_a_class_of_a_camera_may_be_missing_in_the_test() -> None:
    camera(Path("c"))
    shutil.rmtree("c/Test/0")
    assert loaded("c/").test_labels.tolist() == [1, 1, 1]


def test_an_overflow_of_a_camera_s_clock_is_no_event() -> None:
    camera(Path("c"))
    x, y, p = np.array([1, 0, 2]), np.array([1, 240, 2]), np.zeros(3, int)
    write_recording(Path("c/Train/0/00000.bin"), x, y, p, np.array([8000, 8191, 9]))
    dataset = loaded("c/")
    assert dataset.size == Shape(5, 7, 2)
    ms = dataset.train_events.ticks[:2] * dataset.tick_ms
    assert ms == pytest.approx([8.0, 8.201], abs=dataset.tick_ms)


def test_arrays_of_a_camera_are_read_with_x_y_and_polarity() -> None:
    n = len(np.concatenate(events()["times"]))
    x, y, p = np.arange(n) % 4, np.arange(n) % 3, np.arange(n) % 2 == 0
    npz(Path("a.npz"), units=None, x=x, y=y, p=p)
    dataset = loaded("a.npz")
    assert dataset.size == Shape(3, 4, 2)
    found = np.concatenate([dataset.train_events.units, dataset.test_events.units])
    assert sorted(found) == sorted((y * 4 + x) * 2 + p)


def test_an_event_takes_four_bytes_and_a_data_set_is_shared_without_copies() -> None:
    hdf5(Path("a.h5"))
    dataset = loaded("a.h5")
    packed = dataset.train_events
    assert packed.ticks.nbytes + packed.units.nbytes == 4 * len(packed.ticks)
    arrays: list[Any] = []
    shared = pickle.dumps(dataset, protocol=5, buffer_callback=arrays.append)
    again = pickle.loads(shared, buffers=arrays)
    assert again.sha256 == dataset.sha256
    assert np.shares_memory(again.train_events.ticks, packed.ticks)


def test_one_speaker_is_the_test_and_all_others_the_training() -> None:
    hdf5(Path("d/a_train.h5"))
    hdf5(Path("d/a_test.h5"), seed=1)
    dataset = loaded("d/a_train.h5@speaker=1")
    assert dataset.test_groups is not None and set(dataset.test_groups.tolist()) == {1}
    assert dataset.train_groups is not None and set(dataset.train_groups.tolist()) == {0, 2}
    assert lists(dataset, dataset.test_events) == wanted()[4:8] + wanted(seed=1)[4:8]
    assert dataset.sha256 != loaded("d/a_train.h5").sha256


def test_randman_is_the_same_for_the_same_parameters_and_can_be_told_apart_by_times_alone() -> None:
    dataset = loaded("randman@units=5,classes=3,samples=10,seed=1")
    assert loaded("randman@units=5,classes=3,samples=10,seed=1").sha256 == dataset.sha256
    assert loaded("randman@units=5,classes=3,samples=10,seed=2").sha256 != dataset.sha256
    assert dataset.size.n_pixels == 5 and dataset.n_classes == 3
    assert len(dataset.train_labels) == 24 and len(dataset.test_labels) == 6
    assert set(dataset.train_events.counts.tolist()) == {5}  # each unit fires once
    for told, name in (
        ("units: needs a whole number", "randman@units=2.5"),
        ("units: must be at least 1", "randman@units=0"),
        ("option unit is unknown; did you mean units", "randman@unit=2"),
        ("after @ stand names with values", "randman@20"),
        ("seed stands twice", "randman@seed=1,seed=2"),
    ):
        with pytest.raises(DataError) as caught:
            load(name)
        assert told in str(caught.value)


@pytest.mark.parametrize("what", WRONG)
def test_every_mistake_in_a_file_is_one_line_and_nothing_is_written(
    folder: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    value, make, told = WRONG[what]
    if "://" not in value:
        make(folder / value.rstrip("/"))
    before = sorted(folder.rglob("*"))
    sets = ["--set", f"dataset={value}", "--set", "encoding=events"]
    assert run(["train", *sets]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and told in lines[0], lines
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_a_changed_byte_is_read_or_refused_in_one_line(folder: Path, seed: int) -> None:
    hdf5(folder / "a.h5")
    content = bytearray((folder / "a.h5").read_bytes())
    random = np.random.default_rng(seed)
    for at in random.integers(0, len(content), 8):
        content[at] ^= int(random.integers(1, 256))
    (folder / "a.h5").write_bytes(content)
    try:
        loaded("a.h5")
    except DataError as error:
        assert "\n" not in str(error)


def arrays(**changes: Any) -> dict[str, Any]:
    packed = Events(np.zeros(4, np.uint16), np.arange(4, dtype=np.uint16), np.array([0, 2, 4]))
    good = {
        "name": "own",
        "size": Shape(1, 4, 1),
        "n_classes": 2,
        "tick_ms": 1.0,
        "train_events": packed,
        "train_labels": np.arange(2),
        "test_events": packed,
        "test_labels": np.arange(2),
    }
    return good | changes


def test_arrays_that_compiled_code_would_read_wrongly_are_refused_from_python_too() -> None:
    assert EventDataset(**arrays()).train_labels.dtype == np.uint8
    for changes, told in (
        ({"size": Shape(1, 3, 1)}, "train_events: units must be 0 to 2, got 3"),
        ({"train_labels": np.arange(3)}, "train_labels: must be one per sample"),
        ({"test_labels": np.array([0, 2])}, "test_labels: must be 0 to 1, got 2"),
        ({"tick_ms": float("nan")}, "tick_ms: must be above 0"),
        ({"groups": np.arange(2)}, "groups: must be given of training and test samples"),
    ):
        with pytest.raises(DataError, match=told):
            EventDataset(**arrays(**changes))
    ticks, units = np.array([3, 1], np.uint16), np.zeros(2, np.uint16)
    for given, told in (
        ((ticks, units, np.array([0, 2])), "ticks: run backwards in sample 0"),
        ((ticks, units, np.array([0, 3])), "offsets: must rise from 0 to 2"),
        ((ticks, units, np.array([0, 2, 1, 2])), "offsets: must rise from 0 to 2"),
        ((ticks.astype(float), units, np.array([0, 2])), "ticks: must be a NumPy array"),
        ((ticks, units[:1], np.array([0, 2])), "units: 1 for 2 times"),
    ):
        with pytest.raises(DataError, match=told):
            Events(*given)
    assert len(Events(ticks, units, np.array([0, 1, 2]))) == 2  # between samples they may


def test_events_are_described_in_words_and_in_a_raster(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hdf5(Path("a.h5"))
    assert run(["data", "describe", "a.h5", "-o", "raster.png"]) == 0
    told = capsys.readouterr().out
    counts = [len(times) for times in events()["times"]]
    for part in (
        "events     9 + 3 samples  6 units  3 classes",
        f"{np.mean(counts):,.0f} a sample, 0 to {max(counts)}; 4 bytes each in memory",
        "empty      1 samples without an event",
        f"{max(int(t.max()) for t in events()['times'] if len(t)) + 0:,} ms at most",
        "groups     3 of kind speaker, with samples: 0 (",
        "class        2",
        loaded("a.h5").sha256,
    ):
        assert part in told, told
    with Image.open("raster.png") as image:
        assert image.size == (400, 3 * (6 + 8)) and image.getextrema() == (0, 255)
    assert run(["data", "describe", "randman"]) == 0
    assert "none are known" in capsys.readouterr().out
