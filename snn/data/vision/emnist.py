"""EMNIST: handwritten letters and digits in six splits (Cohen et al., 2017).

The images are stored on their side. They are turned upright here, so that files that `predict`
reads look like them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from snn.data.dataset import Dataset
from snn.data.files import Archive, File
from snn.data.vision.reading import Part, Source, read
from snn.registry import Component

COMPONENTS = (
    Component(kind="dataset", name="emnist_letters", make="letters", label="EMNIST letters"),
    Component(kind="dataset", name="emnist_balanced", make="balanced", label="EMNIST balanced"),
    Component(kind="dataset", name="emnist_digits", make="digits", label="EMNIST digits"),
    Component(kind="dataset", name="emnist_byclass", make="byclass", label="EMNIST by class"),
    Component(kind="dataset", name="emnist_bymerge", make="bymerge", label="EMNIST by merge"),
    Component(kind="dataset", name="emnist_mnist", make="mnist", label="EMNIST MNIST"),
)
_LABELS = {each.name: each.label for each in COMPONENTS}


def _split(split: str, root: Path, download: bool) -> Dataset:
    from torchvision import datasets

    def part(train: bool, fetch: bool) -> Part:
        found = datasets.EMNIST(str(root), split=split, train=train, download=fetch)
        return Part(found.data.numpy().transpose(0, 2, 1), found.targets.numpy())

    name = f"emnist_{split}"
    classes = [each for each in datasets.EMNIST.classes_split_dict[split] if each != "N/A"]
    return read(Source(name, _LABELS[name], files(name), part), root, download, classes)


letters = partial(_split, "letters")
"""26 letters, upper and lower case together, 124,800 + 20,800."""
balanced = partial(_split, "balanced")
"""47 letters and digits, 112,800 + 18,800."""
digits = partial(_split, "digits")
"""10 digits, 240,000 + 40,000."""
byclass = partial(_split, "byclass")
"""62 letters and digits, 697,932 + 116,323."""
bymerge = partial(_split, "bymerge")
"""47 letters and digits, 697,932 + 116,323."""
mnist = partial(_split, "mnist")
"""10 digits, 60,000 + 10,000."""


def files(name: str) -> tuple[File, ...]:
    """Its files; all splits are in one archive."""
    from torchvision import datasets

    split = name.removeprefix("emnist_")
    names = [
        f"emnist-{split}-{part}-{what}-ubyte"
        for part in ("train", "test")
        for what in ("images-idx3", "labels-idx1")
    ]
    archive, md5 = "EMNIST/raw/gzip.zip", datasets.EMNIST.md5
    return tuple(
        File(f"EMNIST/raw/{each}", "", Archive(archive, md5, f"gzip/{each}.gz")) for each in names
    )
