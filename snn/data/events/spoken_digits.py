"""Spoken digits as spike trains: 3,000 recordings of six speakers through a simple inner ear.

The recordings are those of the Free Spoken Digit Dataset (Jackson and others, CC BY-SA 4.0): 140
gammatone channels from 80 to 3,600 Hz, a leaky integrate-and-fire neuron each. The files have the
layout of SHD. They lie in SpokenDigits/ in the data folder.
"""

from __future__ import annotations

from pathlib import Path

from snn.data.events.dataset import EventDataset
from snn.data.events.files import read_hdf5
from snn.data.files import File, require_files
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="dataset",
        name="spoken_digits",
        make="spoken_digits",
        label="spoken digits",
        content="events",
    ),
)


def spoken_digits(root: Path, download: bool) -> EventDataset:
    """2,700 + 300 recordings of the digits 0 to 9; the groups are the speakers."""
    name, title = COMPONENTS[0].name, COMPONENTS[0].label
    train, test = require_files(name, title, files(name), root)
    return read_hdf5(name, train, test, units=140, classes=10)


def files(name: str) -> tuple[File, ...]:
    """The two files; no sums of them are published."""
    paths = (f"SpokenDigits/{name}_{part}.h5" for part in ("train", "test"))
    return tuple(File(f"{path}.gz", plain=path) for path in paths)
