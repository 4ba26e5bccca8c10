"""Data sets of `tonic`: its files and decoders, our bins, and not one download unasked."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snn
from snn.data import load
from snn.data.events import EventDataset
from snn.data.events.binning import Transform, bins_of
from snn.data.events.files.tonic_reader import as_events
from snn.data.shapes import Shape
from snn.errors import DataError
from sweep.cli import run
from tests.snn_tests.data import tonic_files
from tests.snn_tests.data.event_files import UNITS


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPIKESWEEP_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def loaded(name: str) -> EventDataset:
    dataset = load(name, download=False)
    assert isinstance(dataset, EventDataset) and dataset.name == name
    return dataset


def test_recordings_of_an_ear_are_those_that_our_own_reader_finds(root: Path) -> None:
    tonic_files.shd(root)
    ours, theirs = load("data/SHD/"), loaded("tonic@set=SHD")
    assert isinstance(ours, EventDataset)
    assert theirs.size == Shape(1, 700, 1) and ours.size == Shape(1, UNITS, 1)
    assert np.array_equal(theirs.train_events.units, ours.train_events.units)
    assert np.array_equal(theirs.test_events.offsets, ours.test_events.offsets)
    ms = [e.train_events.ticks * e.tick_ms for e in (ours, theirs)]
    assert ms[0] == pytest.approx(ms[1], abs=1.1 * ours.tick_ms)  # theirs is cut to µs
    assert np.array_equal(theirs.test_labels, ours.test_labels)
    assert theirs.class_names == tuple(tonic_files.KEYS)
    assert theirs.group_kind == "speaker" and np.array_equal(theirs.groups, ours.groups)


def test_a_camera_has_its_whole_sensor_its_polarity_and_its_users(root: Path) -> None:
    made = tonic_files.dvs_gesture(root)
    dataset = loaded("tonic@set=DVSGesture")
    assert dataset.size == Shape(128, 128, 2) and dataset.group_kind == "user"
    order = np.argsort(dataset.groups, kind="stable")  # the folders have no order
    for place, number in zip(order[:11], dataset.train_labels[order[:11]], strict=True):
        x, y, polarity, ms = made[number].T
        packed = dataset.train_events.take(np.array([place]))
        assert np.array_equal(packed.units, (y * 128 + x) * 2 + polarity)
        assert packed.ticks * dataset.tick_ms == pytest.approx(ms, abs=dataset.tick_ms)
    alone = loaded("tonic@set=DVSGesture,user=3")
    assert set(alone.test_groups.tolist()) == {3} and len(alone.train_labels) == 209  # type: ignore[union-attr]


def test_a_set_without_parts_or_size_and_with_the_times_of_a_clock_is_read(root: Path) -> None:
    from tonic.datasets import SHD

    class Clock(SHD):
        sensor_size = None

        def __getitem__(self, index: int) -> Any:
            found, target = super().__getitem__(index)
            found["t"] += 10**15  # µs since 1970, about
            return found, target

    tonic_files.shd(root)
    whole = as_events("SHD", {"train": SHD(str(root))})
    (root / "SHD").rename(root / "Clock")
    late = as_events("Clock", {"train": Clock(str(root))})
    assert (len(whole.train_labels), len(whole.test_labels)) == (9, 3)  # a fifth of every class
    assert late.size == Shape(1, UNITS, 2) and whole.size == Shape(1, 700, 1)
    for sample in range(9):
        ms = [
            each.train_events.take(np.array([sample])).ticks * each.tick_ms
            for each in (whole, late)
        ]
        assert ms[1] == pytest.approx(ms[0] - ms[0].min(initial=1e9), abs=0.02)


def test_validation_samples_of_its_own_are_the_validation_of_every_run(root: Path) -> None:
    tonic_files.ssc(root)
    dataset = loaded("tonic@set=SSC")
    assert dataset.validation is not None and dataset.validation.tolist() == list(range(12, 24))
    assert len(dataset.test_labels) == 12


def test_labels_that_are_texts_are_numbered_by_the_alphabet(root: Path) -> None:
    tonic_files.n_tidigits(root)
    dataset = loaded("tonic@set=NTIDIGITS18")
    assert dataset.class_names == ("1", "12", "o") and dataset.size.n_pixels == 64
    assert dataset.train_labels.tolist() == [0, 2, 1, 0, 2, 1]
    single = loaded("tonic@set=NTIDIGITS18,single_digits=true")
    assert single.train_labels.tolist() == [1, 0, 1, 0]  # as tonic counts them: o, 1, …


def test_neither_two_options_nor_two_transforms_of_a_source_share_a_cache(root: Path) -> None:
    tonic_files.smnist(root)
    names = ["", ",duplicate=false", ",dt=500", ",num_neurons=51"]
    sets = [loaded(f"tonic@set=SMNIST{options}") for options in names]
    assert len({each.sha256 for each in sets}) == len(names)
    assert sets[0].sha256 == loaded("tonic@set=SMNIST").sha256
    coarse, fine = Transform(50, 20.0, counts=True), Transform(50, 10.0, counts=True)
    found = [bins_of(each, how)[0] for each in sets[:2] for how in (coarse, fine, coarse)]
    assert found[0] is found[2] and found[3] is found[5]
    sizes = [np.diff(each.offsets).tolist() for each in found]
    assert len({tuple(each) for each in sizes}) == 4


def test_a_network_is_trained_on_it_with_its_bins_searched(root: Path) -> None:
    tonic_files.shd(root)
    dataset = loaded("tonic@set=SHD")
    keys: dict[str, Any] = {"encoding": "events", "epochs": 1, "hidden": 4, "backend": "reference"}
    for time_bin, pool, inputs in ((20.0, 1, 700), (50.0, 7, 100)):
        config = snn.TrialConfig(
            dataset="tonic@set=SHD",
            n_steps=10,
            time_bin=time_bin,
            pool=pool,
            event_drop=0.1,
            **keys,
        )
        trainer = snn.Trainer(config, dataset)
        assert trainer.train_epoch()["train_loss"] > 0
        assert dataset.seen_by(config).n_pixels == inputs


def _no_archive(root: Path) -> None:
    tonic_files.shd(root)
    (root / "SHD/shd_test.h5.zip").unlink()


def _damaged(root: Path) -> None:
    tonic_files.shd(root)
    whole = (root / "SHD/shd_test.h5").read_bytes()
    (root / "SHD/shd_test.h5").write_bytes(whole[: len(whole) // 3])


def _gesture(*event: int) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        tonic_files.dvs_gesture(root)
        np.save(root / "DVSGesture/ibmGestureTrain/user01_led/3.npy", np.array([event]))

    return make


WRONG = {
    "no set": ("tonic", None, "tonic: needs the name of a set, as in tonic@set=NMNIST; there are"),
    "other letters": (
        "tonic@set=nmnist",
        None,
        "did you mean NMNIST? there are ASLDVS, CIFAR10DVS",
    ),
    "unknown": ("tonic@set=zzz", None, "tonic@set=zzz: tonic has no set of this name; there are"),
    "no labels": ("tonic@set=MVSEC", None, "has no class labels, which a network is trained on"),
    "no name": ("tonic@NMNIST", None, "after @ stand names with values"),
    "unknown option": ("tonic@set=SHD,foo=1", None, "option foo is unknown; there are set,"),
    "near option": ("tonic@set=NMNIST,stabilise=1", None, "did you mean stabilize?"),
    "another's option": ("tonic@set=SHD,stabilize=true", None, "option stabilize is not one of"),
    "no flag": (
        "tonic@set=NMNIST,stabilize=maybe",
        None,
        "stabilize: needs true or false",
    ),
    "even": ("tonic@set=SMNIST,num_neurons=98", None, "cannot be opened: Exception Number of neu"),
    "missing": ("tonic@set=SHD", None, "tonic does not find shd_train.h5.zip"),
    "half missing": ("tonic@set=SHD", _no_archive, "tonic does not find shd_test.h5.zip"),
    "damaged": ("tonic@set=SHD", _damaged, "tonic@set=SHD: cannot be opened: "),
    "two columns": ("tonic@set=DVSGesture", _gesture(1, 2), "cannot be read by tonic: IndexError"),
    "beside the camera": (
        "tonic@set=DVSGesture",
        _gesture(128, 1, 1, 5),
        "x: must be 0 to 127, go",
    ),
    "left of the camera": ("tonic@set=DVSGesture", _gesture(-1, 1, 1, 5), "x: must be 0 to 65535"),
    "before the begin": ("tonic@set=DVSGesture", _gesture(1, 1, 1, -5), "t: must be 0 or more, go"),
    "no speaker": ("tonic@set=SHD,speaker=9", tonic_files.shd, "speaker must be one of 0, 1, 2"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_one_line_and_nothing_is_fetched_or_written(root: Path, what: str) -> None:
    name, make, told = WRONG[what]
    if make is not None:
        make(root)
    before = sorted(root.parent.rglob("*"))
    with pytest.raises(DataError) as caught:
        load(name, download=False)
    assert told in str(caught.value) and "\n" not in str(caught.value), caught.value
    assert sorted(root.parent.rglob("*")) == before


def test_without_the_package_a_line_says_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tonic", None)
    sets = ["--set", "dataset=tonic@set=NMNIST", "--set", "encoding=events"]
    assert run(["train", *sets]) == 2
    said = capsys.readouterr().err.strip()
    assert said.endswith("tonic@set=NMNIST: the package tonic is missing; install .[tonic]")
    assert "\n" not in said and not root.exists()


@pytest.fixture
def server(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a server in the place of tonic's, with archives whose sums it knows."""
    from tonic.datasets import SHD

    tonic_files.shd(root / "served")
    there = root / "served/SHD"
    here = HTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(there)))
    monkeypatch.setattr(SHD, "base_url", f"http://127.0.0.1:{here.server_port}/")
    for part in ("train", "test"):
        content = (there / f"shd_{part}.h5.zip").read_bytes()
        monkeypatch.setattr(SHD, f"{part}_md5", hashlib.md5(content).hexdigest())
    thread = threading.Thread(target=here.serve_forever)
    thread.start()
    yield there
    here.shutdown()
    thread.join()
    here.server_close()


def test_a_family_without_the_name_of_a_set_says_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for action in ("fetch", "verify", "show"):
        assert run(["data", action, "tonic"]) == 2
        assert "tonic: needs the name of a set, as in tonic@set=NMNIST" in capsys.readouterr().out


def test_a_set_is_fetched_by_tonic_and_verified_by_its_sums(
    root: Path, server: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "verify", "tonic@set=SHD"]) == 2
    assert (
        "tonic@set=SHD    not here: spikesweep data fetch tonic@set=SHD" in capsys.readouterr().out
    )
    assert run(["data", "fetch", "tonic@set=SHD"]) == 0
    assert capsys.readouterr().out == "tonic@set=SHD    12 + 12 samples  700 units  3 classes\n"
    files = sorted(str(each.relative_to(root)) for each in (root / "SHD").rglob("*"))
    assert files == [f"SHD/shd_{part}.h5{z}" for part in ("test", "train") for z in ("", ".zip")]
    assert not list(root.glob(".tonic-*"))
    assert len(load("shd").train_labels) == 12  # it is where our own reader looks
    assert run(["data", "verify", "tonic@set=SHD"]) == 0
    assert capsys.readouterr().out.count("ok") == 2
    (root / "SHD/shd_test.h5.zip").write_bytes(b"other")
    assert run(["data", "verify", "tonic@set=SHD"]) == 2
    assert f"DIFFERS  {root}/SHD/shd_test.h5.zip" in capsys.readouterr().out


def test_a_download_that_fails_leaves_nothing_and_an_archive_that_is_here_is_not_fetched_again(
    root: Path, server: Path
) -> None:
    (server / "shd_test.h5.zip").unlink()
    with pytest.raises(DataError, match=r"shd_test.h5.zip .*and the download failed \(HTTPError"):
        load("tonic@set=SHD")
    assert sorted(each.name for each in (root / "SHD").iterdir()) == [
        "shd_train.h5",
        "shd_train.h5.zip",
    ]
    assert not list(root.glob(".tonic-*"))
    (root / "SHD/shd_train.h5").unlink()
    (server / "shd_train.h5.zip").unlink()
    with pytest.raises(DataError, match="shd_test"):  # the other part was unpacked again
        load("tonic@set=SHD")
    assert (root / "SHD/shd_train.h5").exists()
