"""Small files in the layouts that the package `tonic` reads."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.snn_tests.data.event_files import hdf5

KEYS = ["one", "two", "three"]


def shd(root: Path, **changes: Any) -> None:
    """SHD, three words by three speakers: the archives as they are published, and unpacked."""
    for seed, part in enumerate(("train", "test")):
        file = root / f"SHD/shd_{part}.h5"
        hdf5(file, seed=seed, keys=KEYS, **changes)
        with zipfile.ZipFile(f"{file}.zip", "w") as archive:
            archive.write(file, file.name)


def ssc(root: Path) -> None:
    """SSC, which has validation samples of its own."""
    for seed, part in enumerate(("train", "test", "valid")):
        file = root / f"SSC/ssc_{part}.h5"
        hdf5(file, seed=seed, keys=KEYS)
        Path(f"{file}.zip").write_bytes(b"")  # tonic looks only whether it is there


def dvs_gesture(root: Path) -> list[np.ndarray]:
    """DVS Gesture: 10 users a part, 11 gestures each; the events of the training ones, in order."""
    random, made = np.random.default_rng(0), []
    for part, first in (("Train", 1), ("Test", 11)):
        for user in range(first, first + 10):
            folder = root / f"DVSGesture/ibmGesture{part}/user{user:02}_led"
            folder.mkdir(parents=True)
            for number in range(11):  # tonic wants 100 files a part; a name is a label
                x, y, p = (random.integers(0, high, 9) for high in (128, 128, 2))
                events = np.stack([x, y, p, np.sort(random.integers(0, 400, 9))], axis=1)
                np.save(folder / f"{number}.npy", events)
                made += [events] if part == "Train" else []
        (root / f"DVSGesture/ibmGesture{part}.tar.gz").write_bytes(b"")
    return made


def smnist(root: Path) -> None:
    """MNIST as spikes at threshold crossings, of four random images."""
    images = np.random.default_rng(0).integers(0, 256, (4, 784)).astype(np.uint8)
    labels = np.array([0, 1, 0, 1], np.uint8)
    (root / "smnist").mkdir(parents=True)
    for part in ("train", "t10k"):
        header = struct.pack(">IIII", 2051, 4, 28, 28)
        (root / f"smnist/{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = struct.pack(">II", 2049, 4)
        (root / f"smnist/{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())


def n_tidigits(root: Path) -> None:
    """N-TIDIGITS: spoken digits, some of them in strings, whose labels are texts."""
    (root / "NTIDIGITS18").mkdir(parents=True)
    with h5py.File(root / "NTIDIGITS18/n-tidigits.hdf5", "w") as file:
        for part in ("train", "test"):
            names = [f"man-{speaker}-{said}" for speaker in "ab" for said in ("1", "o", "12")]
            file[f"{part}_labels"] = np.array(names, dtype="S")
            for name in names:
                file[f"{part}_addresses/{name}"] = np.array([3, 60])
                file[f"{part}_timestamps/{name}"] = np.array([0.001, 0.5])
