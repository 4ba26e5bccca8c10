"""Events of one's own in all their forms, and what may be wrong with them."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

SAMPLES, UNITS, CLASSES = 12, 6, 3


def events(samples: int = SAMPLES, seed: int = 0) -> dict[str, Any]:
    """Times in ms, rising, units and labels of samples; the last sample is empty."""
    random = np.random.default_rng(seed)
    sizes = [*random.integers(5, 30, samples - 1), 0]
    return {
        "times": [np.sort(random.integers(0, 500, size)) for size in sizes],
        "units": [random.integers(0, UNITS, size) for size in sizes],
        "labels": np.arange(samples) % CLASSES,
        "speaker": np.arange(samples) // 4,
    }


def hdf5(path: Path, seed: int = 0, **changes: Any) -> None:
    """A file of SHD's layout, with some arrays changed, or left out by None."""
    found = {**events(seed=seed), **changes}
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path.with_suffix("") if path.suffix == ".gz" else path, "w") as file:
        for name, kind, scale in (("times", np.float32, 1e-3), ("units", np.uint16, 1)):
            if found[name] is None:
                continue
            if found[name] and isinstance(found[name][0], str):
                file["spikes/" + name] = found[name]
                continue
            lists = [np.asarray(each) for each in found[name]]
            given = changes.get(f"{name}_type", kind)
            made = file.create_dataset(
                f"spikes/{name}", (len(lists),), dtype=h5py.vlen_dtype(given)
            )
            for at, each in enumerate(lists):
                made[at] = (each * scale).astype(given)
        for name, place in (("labels", "labels"), ("speaker", "extra/speaker")):
            if found[name] is not None:
                file[place] = found[name]
        if "keys" in found:
            file["extra/keys"] = found["keys"]
    if path.suffix == ".gz":
        plain = path.with_suffix("")
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()


def npz(path: Path, **changes: Any) -> None:
    found = events()
    sizes = [len(each) for each in found["times"]]
    arrays = {
        "t": np.concatenate(found["times"]) * 1000,  # whole numbers are µs
        "units": np.concatenate(found["units"]),
        "offsets": np.concatenate([[0], np.cumsum(sizes)]),
        "labels": found["labels"],
        "speaker": found["speaker"],
    }
    kept = {name: array for name, array in (arrays | changes).items() if array is not None}
    np.savez(path, **kept)


def camera(folder: Path, **changes: Any) -> None:
    """N-MNIST's layout: two classes, three recordings each, for training and test."""
    for part in ("Train", "Test"):
        for label in range(2):
            for number in range(3):
                recording(
                    folder / part / str(label) / f"{number:05}.bin", number + label, **changes
                )


def recording(path: Path, seed: int = 0, rows: int = 5, columns: int = 7) -> np.ndarray:
    """A file of 20 events; what is in it, (20, 4): x, y, polarity, time in µs."""
    random = np.random.default_rng(seed)
    x, y, p = (random.integers(0, high, 20) for high in (columns, rows, 2))
    x[0], y[0] = columns - 1, rows - 1
    t = np.sort(random.integers(0, 300_000, 20))
    write_recording(path, x, y, p, t)
    return np.stack([x, y, p, t], axis=1)


def write_recording(path: Path, x: np.ndarray, y: np.ndarray, p: np.ndarray, t: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = np.stack([x, y, (p << 7) | (t >> 16), (t >> 8) & 255, t & 255], axis=1)
    path.write_bytes(packed.astype(np.uint8).tobytes())


def _cut(make: Callable[[Path], None], left: float) -> Callable[[Path], None]:
    def cut(path: Path) -> None:
        make(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * left)])

    return cut


def _wrong(**changes: Any) -> Callable[[Path], None]:
    return lambda path: hdf5(path, **changes)


def _wrong_npz(**changes: Any) -> Callable[[Path], None]:
    return lambda path: npz(path, **changes)


def _unreadable(folder: Path) -> None:
    folder.mkdir()
    (folder / "a_train.h5").symlink_to(folder / "a_train.h5")


def _odd_bytes(folder: Path) -> None:
    camera(folder)
    (folder / "Train/1/00002.bin").write_bytes(b"123456")


def _backwards_camera(folder: Path) -> None:
    camera(folder)
    at = np.array([1, 2])
    write_recording(folder / "Train/1/00002.bin", at, at, at - 1, np.array([500, 400]))


def _class_in_test_only(folder: Path) -> None:
    camera(folder)
    recording(folder / "Test/7/00000.bin")


def _two_pairs(folder: Path) -> None:
    for name in ("a_train.h5", "a_test.h5", "b_train.h5"):
        hdf5(folder / name)


def _other_part(path: Path) -> None:
    hdf5(path)
    hdf5(path.with_name("a_test.h5"), labels=np.arange(SAMPLES) % 9)


def _pipe_for_test(path: Path) -> None:
    hdf5(path)
    os.mkfifo(path.with_name("a_test.h5"))


def _camera_pipe(folder: Path) -> None:
    camera(folder)
    os.mkfifo(folder / "Train/0/z.bin")


def _camera_link(folder: Path) -> None:
    camera(folder)
    (folder / "Train/0/z.bin").symlink_to("nothing")


def _scalar_label(path: Path) -> None:
    hdf5(path, labels=np.array(2))


def _trillion_lists(path: Path) -> None:
    hdf5(path, times=None)
    with h5py.File(path, "a") as file:
        lists = h5py.vlen_dtype(np.float32)
        file.create_dataset("spikes/times", (2**40,), dtype=lists, chunks=(1024,))


def changed(name: str, at: int, value: Any) -> list[Any]:
    """The lists of a good file, with one of a sample changed."""
    lists = events()[name]
    lists[at] = value
    return list(lists)


BACKWARDS = changed("times", 3, np.arange(len(events()["times"][3]))[::-1])
LATE = changed("times", 3, np.arange(len(events()["times"][3])) * 10**8)
BEYOND = changed("times", 3, np.full(len(events()["times"][3]), 1e303))
WITH_NAN = changed("times", 3, np.full(len(events()["times"][3]), np.nan))
NEGATIVE = changed("times", 3, np.arange(len(events()["times"][3])) - 5)
FAR = changed("units", 3, np.full(len(events()["units"][3]), 2**23))

WRONG: dict[str, tuple[str, Callable[[Path], object], str]] = {
    # what is wrong: the value of `dataset`, how it is made, what is said
    "missing": ("a.h5", lambda path: None, "a.h5: no such file or folder"),
    "empty file": ("a.h5", lambda path: path.write_bytes(b""), "a.h5: is damaged, or no HDF5"),
    "foreign": ("a.h5", lambda path: path.write_text("hello" * 999), "is damaged, or no HDF5"),
    "truncated": ("a.h5", _cut(hdf5, 0.6), "a.h5: is damaged, or no HDF5 file"),
    "gzip cut short": ("a.h5.gz", _cut(hdf5, 0.6), "a.h5.gz: is damaged, or not gzipped"),
    "not gzipped": ("a.h5.gz", lambda path: path.write_text("hello"), "a.h5.gz: is damaged, or n"),
    "an address": ("https://a.org/b.h5.gz", lambda path: None, "is an address; fetch it first"),
    "endless link": ("./a", _unreadable, "a/a_train.h5: cannot be read: Too many levels"),
    "a pipe": ("a.h5", os.mkfifo, "a.h5: is neither a file nor a folder"),
    "a gzipped pipe": ("a.h5.gz", os.mkfifo, "a.h5.gz: is neither a file nor a folder"),
    "a pipe for the test": (
        "a_train.h5",
        _pipe_for_test,
        "a_test.h5: is neither a file nor a fold",
    ),
    "a pipe of a camera": ("./c", _camera_pipe, "Train/0/z.bin: is neither a file nor a folder"),
    "a link of a camera to nothing": ("./c", _camera_link, "c/Train/0/z.bin: no such file"),
    "one label for all": ("a.h5", _scalar_label, "labels: must be one per sample, not a single"),
    "a trillion lists": ("a.h5", _trillion_lists, "spikes/times: unpacks to 17,592.2 GB, more tha"),
    "times beyond all": ("a.h5", _wrong(times=BEYOND, times_type=np.float64), "sample lasts 1e+30"),
    "nothing behind @": ("a.h5@", lambda path: hdf5(path.with_name("a.h5")), "after @ stand names"),
    "no units": ("a.h5", _wrong(units=None), "a.h5: has no spikes/units; the layout is that of S"),
    "no times": ("a.h5", _wrong(times=None), "a.h5: has no spikes/times"),
    "no labels": ("a.h5", _wrong(labels=None), "a.h5: has no labels"),
    "texts": ("a.h5", _wrong(units=["a", "b"]), "spikes/units: must be a list of numbers for ea"),
    "units with fractions": (
        "a.h5",
        _wrong(units_type=np.float32),
        "spikes/units: must be whole numbers, not float32",
    ),
    "backwards": ("a.h5", _wrong(times=BACKWARDS), "spikes/times: run backwards in sample 3"),
    "NaN": ("a.h5", _wrong(times=WITH_NAN), "spikes/times: has values that are not finite"),
    "negative times": ("a.h5", _wrong(times=NEGATIVE), "must be 0 or more, got -0.005"),
    "hours": ("a.h5", _wrong(times=LATE), "times count from the begin of each sample"),
    "units out of range": ("a.h5", _wrong(units=FAR, units_type=np.uint32), "must be less than 4,"),
    "negative units": (
        "a.h5",
        _wrong(units=changed("units", 3, events()["units"][3] - 1), units_type=np.int16),
        "spikes/units: must be 0 or more, got -1",
    ),
    "fewer units": (
        "a.h5",
        _wrong(units=changed("units", 3, np.arange(2))),
        "a.h5: sample 3 has ",
    ),
    "fewer labels": ("a.h5", _wrong(labels=np.arange(5) % 3), "12 spikes/units and 5 labels"),
    "negative labels": (
        "a.h5",
        _wrong(labels=np.arange(12) % 3 - 1, speaker=None),
        "labels: must be 0 or more, got -1",
    ),
    "labels off by one": (
        "a.h5",
        _wrong(labels=np.arange(12) % 3 + 1),
        "labels: are 1 to 3, and labels begin with 0; subtract 1",
    ),
    "labels with fractions": (
        "a.h5",
        _wrong(labels=np.arange(12) / 2),
        "labels: must be whole numbers, one per sample",
    ),
    "10,000 classes": (
        "a.h5",
        _wrong(labels=np.arange(12) * 909),
        "labels: 10,000 classes; 256 are allowed",
    ),
    "more labels than names": ("a.h5", _wrong(keys=["x", "y"]), "labels: must be 0 to 1, got 2"),
    "one class": ("a.h5", _wrong(labels=np.zeros(12, int)), "labels: there is one class"),
    "no event": (
        "a.h5",
        _wrong(times=[[]] * 12, units=[[]] * 12),
        "spikes/units: there is no event in any sample",
    ),
    "labels of the test": ("a_train.h5", _other_part, "a_test.h5: labels: must be 0 to 2"),
    "groups with fractions": ("a.h5", _wrong(speaker=np.arange(12) / 2), "speaker: must be whole"),
    "two sets in a folder": ("./a", _two_pairs, "a: has a_test.h5, a_train.h5, b_train.h5; needs"),
    "an unknown option": ("a.h5@size=3", lambda p: hdf5(p.with_name("a.h5")), "option size is unk"),
    "an unknown speaker": (
        "a.h5@speaker=9",
        lambda p: hdf5(p.with_name("a.h5")),
        "speaker must be one of 0, 1, 2",
    ),
    "no speaker": (
        "a.h5@speaker=a",
        lambda p: hdf5(p.with_name("a.h5")),
        "speaker: must be a whole number, got 'a'",
    ),
    "npz: cut short": ("a.npz", _cut(npz, 0.5), "a.npz: is damaged, or no file of NumPy's"),
    "npz: no units": ("a.npz", _wrong_npz(units=None), "a.npz: has no units"),
    "npz: offsets": ("a.npz", _wrong_npz(offsets=np.arange(13)), "offsets: must rise from 0 to "),
    "npz: objects": ("a.npz", _wrong_npz(labels=np.array([{}] * 12)), "has Python objects"),
    "npz: lengths": ("a.npz", _wrong_npz(units=np.arange(5)), "must be one per event, not "),
    "camera: half an event": ("./a", _odd_bytes, "6 bytes are not a multiple of 5, an event"),
    "camera: backwards": ("./a", _backwards_camera, "00002.bin: times run backwards"),
    "camera: a class in the test only": ("./a", _class_in_test_only, "class 7 is not in Train/"),
}
