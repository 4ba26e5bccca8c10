"""Data whose authors say which samples are for validation: SSC, and files of one's own like it."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import snn
from snn.data import load
from snn.data.base import require_fit
from snn.data.events import EventDataset
from snn.data.files import Archive, File, check
from snn.data.splits import split
from snn.errors import ConfigError, DataError
from sweep.cli import run
from sweep.errors import SpecError
from sweep.spec.checks.trials import check_data
from sweep.spec.parsing import parse_sweep
from tests.snn_tests.data.event_files import events, hdf5


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPIKESWEEP_DATA", str(tmp_path))
    for seed, part in enumerate(("train", "test", "valid")):
        hdf5(tmp_path / f"SSC/ssc_{part}.h5", seed=seed)
    return tmp_path


def ssc(name: str = "ssc") -> EventDataset:
    dataset = load(name)
    assert isinstance(dataset, EventDataset)
    return dataset


def config(**keys: object) -> snn.TrialConfig:
    return snn.TrialConfig(**({"dataset": "ssc", "encoding": "events", "n_steps": 20} | keys))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["ssc", "SSC/", "SSC/ssc_train.h5"])
def test_the_file_for_validation_is_the_validation_of_every_seed(name: str) -> None:
    dataset = ssc(name)
    seen = dataset.seen_by(config(dataset=name))
    for seed in (0, 1):
        train, val, test = split(seen, 0.15, seed)
        assert (len(train.labels), len(val.labels), len(test.labels)) == (12, 12, 12)
        counts = [len(each) for each in events(seed=2)["times"]]
        assert dataset.train_events.counts[12:].tolist() == counts
        assert val.labels.tolist() == events(seed=2)["labels"].tolist()


def test_without_that_file_a_run_draws_its_own_and_is_another(root: Path) -> None:
    whole = ssc()
    (root / "SSC/ssc_valid.h5").unlink()
    assert ssc().validation is None and ssc().sha256 != whole.sha256
    assert len(split(ssc().seen_by(config()), 0.25, 0)[1].labels) == 3
    # The same samples without a part of their own are other data, too.
    (root / "SSC/ssc_train.h5").unlink()
    joined = {key: [*events()[key], *events(seed=2)[key]] for key in ("times", "units")} | {
        key: np.tile(events()[key], 2) for key in ("labels", "speaker")
    }
    hdf5(root / "SSC/ssc_train.h5", **joined)
    assert np.array_equal(ssc().train_events.ticks, whole.train_events.ticks)
    assert ssc().sha256 != whole.sha256


def test_a_speaker_for_the_test_puts_the_three_files_together() -> None:
    dataset = ssc("ssc@speaker=1")
    assert dataset.validation is None
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (24, 12)


def test_a_split_that_is_asked_for_beside_it_is_refused_in_training_and_in_a_sweep(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = "the data set ssc has 12 samples for validation of its own; leave out"
    for keys in ({"val_fraction": 0.3}, {"val_groups": True}):
        (key,) = keys
        with pytest.raises(ConfigError, match=f"{key}: {told} {key}"):
            require_fit(ssc(), config(**keys))
    require_fit(ssc(), config())
    for searched in ([0.1, 0.2], {"uniform": [0.1, 0.2]}):
        sweep = parse_sweep(
            {
                "name": "s",
                "base": {"dataset": "ssc", "encoding": "events"},
                "search": {"val_fraction": searched},
                "trials": 2,
            }
        )
        with pytest.raises(SpecError, match=f"val_fraction: {told}"):
            check_data(sweep, {"ssc": ssc()})
    sets = ["--set", "dataset=ssc", "--set", "encoding=events", "--set", "val_groups=true"]
    assert run(["train", *sets]) == 2 and told in capsys.readouterr().err


def test_it_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "describe", "ssc"]) == 0
    said = capsys.readouterr().out
    assert "validation 12 of the 24 training samples, the same in every run" in said


@pytest.mark.parametrize(
    "places",
    [
        np.array([], int),
        np.array([1, 0]),
        np.array([0, 0]),
        np.array([-1]),
        np.array([24]),
        np.array([0.0]),
        [0],
        np.arange(24),
    ],
)
def test_places_that_are_none_are_refused(places: object) -> None:
    with pytest.raises(DataError, match="validation: must be"):
        replace(ssc(), validation=places)  # type: ignore[arg-type]


def test_a_packed_file_is_compared_with_the_published_sum(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("train", "test"):
        hdf5(root / f"SHD/shd_{part}.h5")
    assert len(load("shd").train_labels) == 12  # of an unpacked file no sum is known
    assert run(["data", "verify", "shd"]) == 0
    assert capsys.readouterr().out.count("unknown") == 2
    hdf5(root / "SHD/shd_train.h5.gz")
    with pytest.raises(
        DataError, match=r"shd_train.h5.gz: is not the file of SHD \(its MD5 sum is"
    ):
        load("shd")
    assert run(["data", "verify", "shd"]) == 2
    said = capsys.readouterr().out.splitlines()
    assert said == [f"DIFFERS  {root}/SHD/shd_train.h5.gz", f"unknown  {root}/SHD/shd_test.h5"]


def test_an_unpacked_file_is_compared_with_the_archive_beside_it(root: Path) -> None:
    plain = root / "SSC/ssc_train.h5"
    with zipfile.ZipFile(f"{plain}.zip", "w") as archive:
        archive.write(plain, plain.name)
    md5 = hashlib.md5(Path(f"{plain}.zip").read_bytes()).hexdigest()
    file = File(
        "SSC/ssc_train.h5.gz",
        archive=Archive("SSC/ssc_train.h5.zip", md5, plain.name),
        plain="SSC/ssc_train.h5",
    )
    assert check(file, root) is True
    plain.write_bytes(b"other")
    assert check(file, root) is False
    assert (
        check(file._replace(archive=Archive("SSC/ssc_train.h5.zip", "0", plain.name)), root) is None
    )
    (root / file.path).write_bytes(gzip.compress(b"packed"))
    assert check(file, root) is None  # and no sum of the gzipped file is known
