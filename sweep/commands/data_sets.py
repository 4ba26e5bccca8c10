"""The command `data`: known data sets, and what is in one's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts.common import say_result, stderr
from sweep.errors import SpecError

if TYPE_CHECKING:
    from snn.data.base import Data

_USUAL = ("mnist", "fashion_mnist", "digits")  # what is fetched and verified without a name

_WITHOUT_FILES = {"digits": "scikit-learn", "yin_yang": "generated", "randman": "generated"}


class DataAction(StrEnum):
    """What to do with the data sets."""

    SHOW = "show"
    FETCH = "fetch"
    VERIFY = "verify"
    DESCRIBE = "describe"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(data)


def data(
    action: Annotated[
        DataAction,
        typer.Argument(
            help="show which are known and here, fetch them, verify every byte, or describe one"
        ),
    ] = DataAction.SHOW,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME|PATH]…",
            help="data sets; describe takes paths of your own, too [default: fetch and verify: "
            f"{', '.join(_USUAL)}]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="describe: draw samples, a row a class, as .png"
        ),
    ] = None,
) -> int:
    """Show, fetch, verify or describe data sets (in SPIKESWEEP_DATA, or `data` in this folder).

    Images of your own are an .npz file with x_train and y_train (or images and labels), .npy files
    of these names, or a folder with a folder of pictures for each class.

    Are my pictures read as I mean them, scaled to 28 × 28?
    spikesweep data describe ./photos/@28 -o samples.png
    """
    if output is not None and action != DataAction.DESCRIBE:
        raise SpecError("--output: only describe draws samples")
    if action == DataAction.DESCRIBE:
        return _describe(names or [], output)
    known = _known(names or [])
    if action == DataAction.FETCH:
        return _fetch(known or list(_USUAL))
    if action == DataAction.VERIFY:
        return _verify(known or list(_USUAL))
    return _show(known)


def _known(names: list[str]) -> list[str]:
    from snn.data import sources
    from snn.declarations.suggestion import did_you_mean

    for name in names:
        if name not in sources.NAMES and name.partition("@")[0] not in sources.FAMILIES:
            hint = did_you_mean(name, sources.NAMES, "spikesweep data lists them")
            raise SpecError(f"{name}: no named data set; {hint}")
    return names


def _show(names: list[str]) -> int:
    from snn.data import load, sources
    from snn.data.files import default_root
    from snn.errors import DataError

    failed = False
    for name in names or sources.NAMES:
        try:
            if not sources.is_here(name):
                say_result(_not_here(name))
                continue
            where = _WITHOUT_FILES.get(name, str(default_root()))
            say_result(f"{name:<16} {load(name, download=False).sizes}  {where}")
        except DataError as error:
            failed = True
            say_result(f"{name:<16} {error}")
    for family in sources.FAMILIES if not names else ():
        say_result(f"{family:<16} {sources.about(family)}")
    return 2 if failed else 0


def _fetch(names: list[str]) -> int:
    from snn.data import load
    from snn.errors import DataError

    failed = False
    for name in names:
        try:
            say_result(f"{name:<16} {load(name).sizes}")
        except DataError as error:
            failed = True
            say_result(f"{name:<16} {error}")
    return 2 if failed else 0


def _verify(names: list[str]) -> int:
    from snn.data import sources, verify
    from snn.errors import DataError

    said = {True: "ok     ", False: "DIFFERS", None: "unknown"}
    failed = False
    for name in names:
        try:
            if name not in _USUAL and not sources.is_here(name):
                failed = True
                say_result(_not_here(name))
                continue
            for path, published in verify(name):
                failed |= published is False
                say_result(f"{said[published]}  {path}")
        except DataError as error:
            failed = True
            say_result(f"{name:<16} {error}")
    return 2 if failed else 0


def _describe(names: list[str], output: Path | None) -> int:
    from snn.data import load

    if len(names) != 1:
        raise SpecError("describe: needs one data set, by its name or path")
    if output is not None and output.suffix != ".png":
        raise SpecError(f"{output}: samples are drawn as a .png file")
    dataset = load(names[0])
    for line in _description(dataset):
        say_result(line)
    if output is not None:
        try:
            dataset.draw(output)
        except OSError as error:
            raise SpecError(f"{output}: cannot be written: {error.strerror or error}") from None
        stderr().print(f"{output}: samples, a row a class", soft_wrap=True)
    return 0


def _description(dataset: Data) -> list[str]:
    import numpy as np

    parts = (dataset.train_labels, dataset.test_labels)
    train, test = (np.bincount(labels, minlength=dataset.n_classes) for labels in parts)
    names = dataset.class_names or tuple("" for _ in train)
    return [
        f"{'data set':<10} {dataset.name}",
        f"{dataset.content:<10} {dataset.sizes}",
        *dataset.describe(),
        f"{'sha256':<10} {dataset.sha256}",
        *(
            f"{'class':<10} {label:>3} {name:<20} {train[label]:>7} + {test[label]}"
            + (f"  no training {dataset.sample}" if not train[label] else "")
            for label, name in enumerate(names)
        ),
    ]


def _not_here(name: str) -> str:
    return f"{name:<16} not here: spikesweep data fetch {name}"
