"""Data sets of samples with labels that the package `tonic` knows, by its own names.

    dataset: tonic@set=NMNIST
    dataset: tonic@set=NMNIST,first_saccade_only=true
    dataset: tonic@set=DVSGesture,user=3               tested on user 3, trained on all others

tonic 1.7 has ASLDVS, CIFAR10DVS, DVSGesture, DVSLip, NCALTECH101, NMNIST, NTIDIGITS18, POKERDVS,
SHD, SMNIST and SSC. Its recordings without labels (DSEC, MVSEC and others) are not for classifiers.
Files lie in the data folder, where tonic puts them, and are fetched by tonic. How its events are
understood is said in `files/tonic_reader.py`.

Source: Lenz and others, "Tonic: event-based datasets and transformations", 2021.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

from snn.data.events.dataset import EventDataset
from snn.data.events.files import tonic_internals, tonic_reader
from snn.data.files import ENV, File
from snn.declarations.data_paths import options
from snn.errors import DataError
from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="dataset",
        name="tonic",
        make="tonic",
        label="tonic",
        content="events",
        family="set",
        options=(
            Key("set", str, "", description="a data set of tonic, such as NMNIST"),
            Key("first_saccade_only", bool, False, description="NMNIST: the first 100 ms"),
            Key("stabilize", bool, False, description="NMNIST: without the camera's movements"),
            Key("single_digits", bool, False, description="NTIDIGITS18: single digits alone"),
            Key("duplicate", bool, True, description="SMNIST: every spike twice"),
            Key("num_neurons", int, 99, low=3, high=509, description="SMNIST: an odd number"),
            Key("dt", float, 1000.0, low=1, high=1e5, description="SMNIST: µs between pixels"),
        ),
    ),
)
_DEFAULTS = {key.name: key.default for key in COMPONENTS[0].options}
_WITHOUT_LABELS = frozenset(
    "DAVISDATA DSEC EBSSA MVSEC NERDD ThreeET_Eyetracking TUMVIE VPR".split()
)


def tonic(
    root: Path,
    download: bool,
    *,
    set: str,
    first_saccade_only: bool,
    stabilize: bool,
    single_digits: bool,
    duplicate: bool,
    num_neurons: int,
    dt: float,
) -> EventDataset:
    """A data set of tonic; the groups are its speakers or users, where tonic knows them.

    Raises:
        DataError: tonic is not installed, knows no such set, or has no labels for it; its files
            are missing and cannot be fetched, or cannot be read; one line.
    """
    given = {
        "first_saccade_only": first_saccade_only,
        "stabilize": stabilize,
        "single_digits": single_digits,
        "duplicate": duplicate,
        "num_neurons": num_neurons,
        "dt": dt,
    }
    known = _known(set)
    taken = _taken(set, known, given)
    parts = {
        part: _opened(set, known, root, taken | of_part, download)
        for part, of_part in tonic_reader.parts_of(known).items()
    }
    return tonic_reader.as_events(f"tonic's {set}", parts)


def files(name: str) -> tuple[File, ...]:
    """The archives that the files of a set come in, with the sums that tonic knows.

    What was unpacked from them is not compared: tonic has no sums of that.

    Args:
        name: With the set, such as `tonic@set=SHD`; its other options do not matter.

    Raises:
        DataError: As `tonic`.
    """
    _, at, asked = name.partition("@")
    try:
        known = _known(options(asked).get("set", "") if at else "")
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None
    here = Path()  # so that what tonic tells is below the data folder
    told = [
        tonic_internals.wanted(known, here, of_part)
        for of_part in tonic_reader.parts_of(known).values()
    ]
    archives = [File(str(each.folder / each.archive), each.md5) for each in told if each.archive]
    return tuple(dict.fromkeys(archives))


def about() -> str:
    """How a set is named, or why none can be; in a line, without importing tonic."""
    here = find_spec("tonic") is not None
    return "tonic@set=NMNIST, and other sets of tonic" if here else "not here: install .[tonic]"


def _has_labels(name: str, known: Any) -> bool:
    return name not in _WITHOUT_LABELS and tonic_reader.needs_nothing_more(known)


def _known(name: str) -> Any:
    """The class of a set."""
    where = f"tonic@set={name[:80]}"
    try:
        found = tonic_internals.classes()
    except ImportError:
        raise DataError(f"{where}: the package tonic is missing; install .[tonic]") from None
    there = [each for each in found if _has_labels(each, found[each])]
    if name in there:
        return found[name]
    listed = f"there are {', '.join(there)}"
    if not name:
        raise DataError(f"tonic: needs the name of a set, as in tonic@set=NMNIST; {listed}")
    if name in found:
        raise DataError(f"{where}: has no class labels, which a network is trained on; {listed}")
    lower = {each.lower(): each for each in there}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    hint = f"did you mean {lower[near[0]]}? " if near else ""
    raise DataError(f"{where}: tonic has no set of this name; {hint}{listed}")


def _taken(name: str, known: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the constructor of a set takes."""
    takes = [option for option in given if option in signature(known).parameters]
    strange = [key for key in given if key not in takes and given[key] != _DEFAULTS[key]]
    if strange:
        raise DataError(
            f"tonic@set={name}: option {strange[0]} is not one of this set; there are "
            f"{', '.join(takes) or 'none'}"
        )
    return {option: given[option] for option in takes}


def _opened(name: str, known: Any, root: Path, wanted: Mapping[str, Any], download: bool) -> Any:
    """An object of tonic for a part of a set."""
    try:
        return tonic_internals.opened(known, root, wanted)
    except tonic_internals.MissingError as error:
        missing = error
    except Exception as error:  # of a constructor that reads files of many kinds
        raise DataError(f"tonic@set={name}: cannot be opened: {_in_a_line(error)}") from None
    where = f"{missing.folder}: tonic does not find {missing.archive or name} and what is in it"
    if not download:
        raise DataError(
            f"{where}; fetch it with `spikesweep data fetch tonic@set={name}`, or set {ENV} to a "
            "folder that has it"
        )
    try:
        tonic_internals.fetch(known, root, wanted)
        return tonic_internals.opened(known, root, wanted)
    except (Exception, SystemExit) as error:  # of networks and archives; one set calls exit()
        raise DataError(
            f"{where}, and the download failed ({_in_a_line(error)}); put it there, or set {ENV} "
            "to a folder that has it"
        ) from None


def _in_a_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:160]
