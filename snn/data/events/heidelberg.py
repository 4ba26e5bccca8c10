"""The Spiking Heidelberg Digits and Spiking Speech Commands: 700 channels of a cochlea model.

Source: Cramer, Stradmann, Schemmel & Zenke, "The Heidelberg spiking data sets for the systematic
evaluation of spiking neural networks", 2020; https://zenkelab.org/datasets/.

    SHD/shd_train.h5.gz, SHD/shd_test.h5.gz     20 digits, English and German, 12 speakers
    SSC/ssc_train.h5.gz, SSC/ssc_test.h5.gz     35 words
    SSC/ssc_valid.h5.gz                         optional: the validation samples of every run

The files may be unpacked (.h5). Without a file for validation, a run draws validation samples from
those for training.

The MD5 sums of the ZIP archives are those that tonic 1.7 compares its downloads with
(`tonic/datasets/hsd.py`). Those of SHD's gzipped files stand in data loaders of two projects that
compare their downloads with them. No published sums of SSC's gzipped files were found.
"""

from __future__ import annotations

from pathlib import Path

from snn.data.events.dataset import EventDataset
from snn.data.events.files import read_hdf5
from snn.data.files import Archive, File, require_files
from snn.registry import Component

COMPONENTS = (
    Component(kind="dataset", name="shd", make="shd", label="SHD", content="events"),
    Component(kind="dataset", name="ssc", make="ssc", label="SSC", content="events"),
)

_CHANNELS = 700
_SOURCE = "https://zenkelab.org/datasets/"
_PARTS = {"shd": ("train", "test"), "ssc": ("train", "test", "valid")}
_MD5 = {
    "shd_train.h5.gz": "d47c9825dee33347913e8ce0f2be08b0",
    "shd_test.h5.gz": "3062a80ec0c5719404d5b02e166543b1",
    "shd_train.h5.zip": "f3252aeb598ac776c1b526422d90eecb",
    "shd_test.h5.zip": "1503a5064faa34311c398fb0a1ed0a6f",
    "ssc_train.h5.zip": "d102be95e7144fcc0553d1f45ba94170",
    "ssc_test.h5.zip": "a35ff1e9cffdd02a20eb850c17c37748",
    "ssc_valid.h5.zip": "b4eee3516a4a90dd0c71a6ac23a8ae43",
}


def shd(root: Path, download: bool) -> EventDataset:
    """8,156 + 2,264 recordings of digits in 20 classes; the groups are the speakers."""
    return _read("shd", root, 20)


def ssc(root: Path, download: bool) -> EventDataset:
    """75,466 + 20,382 recordings of words in 35 classes, and 9,981 for validation."""
    return _read("ssc", root, 35)


def files(name: str) -> tuple[File, ...]:
    """Its files; an unpacked one can be compared with the ZIP archive beside it."""
    return tuple(_file(name, f"{name}_{part}.h5", part == "valid") for part in _PARTS[name])


def _file(name: str, plain: str, optional: bool) -> File:
    folder, archive = name.upper(), f"{plain}.zip"
    return File(
        f"{folder}/{plain}.gz",
        md5=_MD5.get(f"{plain}.gz", ""),
        archive=Archive(f"{folder}/{archive}", _MD5[archive], plain),
        plain=f"{folder}/{plain}",
        optional=optional,
    )


def _read(name: str, root: Path, classes: int) -> EventDataset:
    train, test, *valid = require_files(name, name.upper(), files(name), root, _SOURCE)
    kept = valid[0] if valid else None
    return read_hdf5(name, train, test, units=_CHANNELS, classes=classes, valid=kept)
