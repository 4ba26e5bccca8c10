"""The Spiking Heidelberg Digits and Spiking Speech Commands: 700 channels of a cochlea model.

Source: Cramer, Stradmann, Schemmel & Zenke, "The Heidelberg spiking data sets for the systematic
evaluation of spiking neural networks", 2020; https://zenkelab.org/datasets/.

    SHD/shd_train.h5.gz, SHD/shd_test.h5.gz     20 digits, English and German, 12 speakers
    SSC/ssc_train.h5.gz, SSC/ssc_test.h5.gz     35 words

The files may be unpacked (.h5). Validation samples are drawn from the training file; SSC's own
validation file is not used.
"""

from __future__ import annotations

from pathlib import Path

from snn.data.events.dataset import EventDataset
from snn.data.events.files import read_hdf5
from snn.data.files import File, require_files
from snn.registry import Component

COMPONENTS = (
    Component(kind="dataset", name="shd", make="shd", label="SHD", content="events"),
    Component(kind="dataset", name="ssc", make="ssc", label="SSC", content="events"),
)

_CHANNELS = 700
_SOURCE = "https://zenkelab.org/datasets/"


def shd(root: Path, download: bool) -> EventDataset:
    """8,156 + 2,264 recordings of digits in 20 classes; the groups are the speakers."""
    return _read("shd", root, 20)


def ssc(root: Path, download: bool) -> EventDataset:
    """75,466 + 20,382 recordings of words in 35 classes."""
    return _read("ssc", root, 35)


def files(name: str) -> tuple[File, ...]:
    """The two files; no sums of them are claimed here."""
    return tuple(File(f"{name.upper()}/{name}_{part}.h5.gz") for part in ("train", "test"))


def _read(name: str, root: Path, classes: int) -> EventDataset:
    train, test = require_files(name, [root / each.path for each in files(name)], _SOURCE)
    return read_hdf5(name, train, test, units=_CHANNELS, classes=classes)
