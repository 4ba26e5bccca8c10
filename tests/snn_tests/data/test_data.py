"""The data sets, and their split."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snn.config import TrialConfig
from snn.data import Dataset, load, verify
from snn.data.splits import split
from snn.errors import ConfigError, DataError

SHA256 = {"mnist": "06b0d1f124c4", "fashion_mnist": "ca3ab2a37f84", "digits": "827533477519"}


@pytest.mark.parametrize(
    ("name", "mean", "deviation"),
    [("mnist", 0.1307, 0.3081), ("fashion_mnist", 0.2860, 0.3530)],
)
def test_the_real_images_are_complete_and_canonical(
    data_root: Path, name: str, mean: float, deviation: float
) -> None:
    dataset = load(name, data_root, download=False)
    assert dataset.train_images.shape == (60_000, 784)
    assert dataset.test_images.shape == (10_000, 784)
    assert np.bincount(dataset.test_labels).sum() == 10_000
    grey = dataset.train_images / np.float32(255)
    assert grey.mean() == pytest.approx(mean, abs=1e-4)
    assert grey.std() == pytest.approx(deviation, abs=1e-4)
    assert all(canonical for _, canonical in verify(name, data_root))


def test_a_changed_byte_is_found(data_root: Path, tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path, _ in verify("mnist", data_root):
        (raw / path.name).symlink_to(path.absolute())
    labels = raw / "t10k-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[-1] ^= 1
    labels.unlink()
    labels.write_bytes(content)
    wrong = [path.name for path, canonical in verify("mnist", tmp_path) if not canonical]
    assert wrong == [labels.name]
    with pytest.raises(DataError) as caught:
        load("mnist", tmp_path, download=False)
    assert str(caught.value).startswith(f"{labels}: is not the file of MNIST (its MD5 sum is ")


def test_the_digests_are_those_of_all_earlier_runs(data_root: Path) -> None:
    assert {name: load(name, data_root).sha256[:12] for name in SHA256} == SHA256


def test_digits_need_no_files(digits: Dataset) -> None:
    assert digits.n_pixels == 64
    assert len(digits.train_labels) + len(digits.test_labels) == 1797
    assert digits.train_images.dtype == np.uint8 and digits.train_images.max() == 255


@given(seed=st.integers(0, 2**31 - 1), fraction=st.floats(0.01, 0.9))
@settings(max_examples=30)
def test_a_split_is_a_partition_that_the_seed_determines(
    digits: Dataset, seed: int, fraction: float
) -> None:
    train, val, test = split(digits, fraction, seed)
    n = len(digits.train_labels)
    assert len(val.labels) == round(n * fraction)
    both = np.concatenate([train.images.numpy(), val.images.numpy()])
    assert sorted(map(bytes, both)) == sorted(map(bytes, digits.train_images))
    assert np.array_equal(test.images.numpy(), digits.test_images)
    assert np.array_equal(split(digits, fraction, seed)[1].images.numpy(), val.images.numpy())


@pytest.mark.parametrize("fraction", [1e-9, 1 - 1e-9])
def test_a_split_that_leaves_nothing_is_refused(digits: Dataset, fraction: float) -> None:
    with pytest.raises(ConfigError, match="leaves no images"):
        split(digits, fraction, 0)


def test_an_unknown_data_set_is_refused() -> None:
    with pytest.raises(DataError, match=r"did you mean cifar10\? images of your own need"):
        load("cifar")
    with pytest.raises(DataError, match=r"is unknown; images of .* spikesweep data lists all"):
        load("photos")


def test_a_folder_that_is_there_needs_a_slash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    told = r"for the folder 'photos', write \./photos"
    with pytest.raises(DataError, match=told):
        load("photos@28")
    with pytest.raises(ConfigError, match=told):
        TrialConfig.parse({"dataset": "photos"})


HEADER = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (60_000, 28, 28))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        # Test names are made of these bytes, and must not differ from process to process.
        (None, "missing; fetch it with"),
        (b"", "is no such IDX file"),
        (HEADER, "has 16 bytes instead of 47,040,016"),
        (HEADER + bytes(100), "has 116 bytes instead of 47,040,016"),
        (gzip.compress(HEADER, mtime=0), "is gzipped; unpack it"),
        (HEADER.replace(b"\x08", b"\x0d"), "is no such IDX file"),
        (HEADER.replace(bytes([0, 0, 0xEA, 0x60]), bytes(4)), "is no such IDX file"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line_that_names_it(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load("mnist", tmp_path, download=False)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value) and "\n" not in str(caught.value)
