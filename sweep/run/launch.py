"""A launch of a sweep, new or resumed: its folder, its lock, its specification."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from snn.declarations.files import keep, kept
from snn.plugins.loading import files_in_use
from snn.training.checkpoints.place import Place
from sweep.errors import RunningError, SpecError, SweepError
from sweep.host import locks
from sweep.host.paths import STORAGE_ENV, LaunchPaths, launches, own_folder, storage_root
from sweep.spec.parsing import parse_sweep
from sweep.spec.plugins import Plugin
from sweep.spec.sections.budget import Budget
from sweep.spec.specification import Specification
from sweep.spec.yaml.files import read

_NONE = "none"


def begin(sweep: Specification) -> LaunchPaths:
    """Make the folder of a new launch.

    Raises:
        SpecError: The storage does not distinguish the name from that of another sweep.
        SweepError: The storage folder cannot be written.
    """
    root = storage_root()
    _refuse_other_case(root, sweep.name)
    while True:
        earlier = launches(root, sweep.name)
        number = earlier[-1].launch + 1 if earlier else 1
        paths = LaunchPaths(root, sweep.name, number, secrets.token_hex(8))
        try:
            paths.own.mkdir(parents=True, exist_ok=paths.own != paths.folder)
            paths.id_file.write_text(paths.id, encoding="utf-8")
            keep(files_in_use(), paths.plugins)
            paths.spec.write_text(sweep.to_yaml(), encoding="utf-8")
        except FileExistsError:  # another launch made this folder at the same moment
            continue
        except OSError as error:
            discard_unused(paths)
            reason = error.strerror or error
            raise SweepError(f"{paths.folder}: cannot be written: {reason}") from None
        return paths


def _refuse_other_case(root: Place, name: str) -> None:
    """Keep two sweeps apart on file systems that ignore upper and lower case.

    Raises:
        SpecError: There are launches of a name that differs only in case.
    """
    if not (root / name).exists():
        return
    names = [folder.name for folder in root.iterdir()]
    others = [other for other in names if other.lower() == name.lower()]
    if name not in names and others:
        raise SpecError(
            f"name: in {root}, {name!r} is the same as {others[0]!r}, of which launches are there; "
            "spell it so, or choose another name"
        )


def discard_unused(paths: LaunchPaths) -> None:
    """Remove the folder of a new launch that was refused at its start."""
    with contextlib.suppress(OSError):  # the folder could not be written, or has other launches
        if not paths.outbox.exists():
            paths.id_file.unlink(missing_ok=True)
            paths.spec.unlink(missing_ok=True)
            paths.start_from.unlink(missing_ok=True)
            _remove_plugins(paths.plugins)
            for file in locks.files(paths.lock):
                file.unlink(missing_ok=True)
            paths.own.rmdir()
    _remove_empty(paths.own.parent)


def _remove_plugins(folder: Any) -> None:
    """Remove the copies of plugins, and their folders."""
    if not folder.is_dir():
        return
    for copies in list(folder.iterdir()):
        for file in list(copies.iterdir()):
            file.unlink(missing_ok=True)
        copies.rmdir()
    folder.rmdir()


def _remove_empty(folder: Path) -> None:
    """Remove the folder of a sweep, and the folder of all sweeps, if they are empty."""
    folders = [folder] if os.environ.get(STORAGE_ENV) else [folder, folder.parent]
    with contextlib.suppress(OSError):
        for empty in folders:
            empty.rmdir()


def latest(sweep: Specification) -> LaunchPaths:
    """The latest launch of a sweep, to resume it.

    Raises:
        SpecError: There is none, or its specification differs.
    """
    root = storage_root()
    found = _specified(root, sweep.name)
    if not found:
        raise SpecError(f"--resume: no launch of {sweep.name!r} in {root}; run it without --resume")
    changed = _changed(sweep, found[-1])
    if changed:
        raise SpecError(
            f"--resume: {', '.join(changed)} changed since launch {found[-1].launch} of "
            f"{sweep.name!r}; resume with {found[-1].spec}, or run without --resume"
        )
    return found[-1]


def keep_rules(sweep: Specification, paths: LaunchPaths) -> list[str]:
    """Write the specification of a launch anew, if it is resumed with other rules for its end.

    Returns:
        What has changed, a line each.

    Raises:
        OSError: It cannot be written.
    """
    launched = read(paths.spec.read_text(encoding="utf-8"), str(paths.spec))
    now = read(sweep.to_yaml(), str(paths.spec))
    if any(launched.get(key) != now.get(key) for key in ("budget", "stop")):
        place = paths.spec
        draft = place.with_name("spec.draft") if isinstance(place, Path) else place
        draft.write_text(sweep.to_yaml(), encoding="utf-8")
        if isinstance(place, Path):
            draft.replace(place)
    before, after = _rules(launched), _rules(now)
    return [
        f"this launch goes on {_other(name, before[name], after[name])}"
        for name in after
        if before[name] != after[name]
    ]


def _other(name: str, before: str, after: str) -> str:
    """That a rule is another one, in words."""
    if after == _NONE:
        return f"without {name}, which was {before}"
    return f"with {name} {after}" + (f"; it was {before}" if before != _NONE else "")


def _rules(values: Mapping[str, Any]) -> dict[str, str]:
    """What ends a search, in words, by key."""
    budget, stop = values.get("budget"), values.get("stop") or {}
    return {
        "budget": str(Budget.model_validate(budget)) if budget else _NONE,
        "stop.target": str(stop.get("target", _NONE)),
        "stop.noise": "on" if stop.get("noise") else "off",
    }


def is_latest(sweep: Specification) -> bool:
    """Whether the latest launch of this name has the same specification."""
    found = _specified(storage_root(), sweep.name)
    return bool(found) and not _changed(sweep, found[-1])


def _specified(root: Place, name: str) -> list[LaunchPaths]:
    """The launches that have a specification; others were killed while they were made."""
    return [paths for paths in launches(root, name) if paths.spec.exists()]


def _changed(sweep: Specification, paths: LaunchPaths) -> list[str]:
    """The keys in which a launch differs from a sweep, and the plugins."""
    values = read(paths.spec.read_text(encoding="utf-8"), str(paths.spec))
    plugins = _changed_plugins(values, paths)
    if plugins:  # the launched specification may not be readable with those of today
        return plugins
    ours, theirs = sweep.lasting(), parse_sweep(values).lasting()
    return [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]


def _changed_plugins(launched: Any, paths: LaunchPaths) -> list[str]:
    """The plugins that are other ones than those of a launch, by name."""
    before = {file.name: file.digest for file in kept(paths.plugins)}
    if not before and isinstance(launched, Mapping) and launched.get("plugins"):
        before = {one["file"]: Plugin(**one).as_file.digest for one in launched["plugins"]}
    now = {file.name: file.digest for file in files_in_use()}
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


@contextlib.contextmanager
def driving(paths: LaunchPaths) -> Iterator[None]:
    """Hold the launch's lock; it is released when the process ends, however it ends.

    Raises:
        RunningError: Another driver holds it.
        SweepError: The folder cannot be written.
    """
    with _locked(paths.lock, f"launch {paths.launch} of {paths.name!r}"):
        yield


@contextlib.contextmanager
def alone(name: str, what: str, key: str = "driver") -> Iterator[None]:
    """Refuse to run while another process here runs the same: everything would be trained twice.

    Args:
        name: Of the sweep.
        what: What another process is running when this is refused.
        key: Names the lock; the default is that of all launches of the sweep.

    Raises:
        RunningError: Another process holds it.
        SweepError: The folder cannot be written.
    """
    lock = own_folder(storage_root(), name) / f"{key}.lock"
    with _locked(lock, what):
        try:
            yield
        finally:
            for file in locks.files(lock):
                file.unlink(missing_ok=True)
            _remove_empty(lock.parent)


@contextlib.contextmanager
def _locked(lock: Path, what: str) -> Iterator[None]:
    """Hold the lock of a file."""
    held = contextlib.ExitStack()
    try:
        # there is none yet if the driver is on another machine now
        lock.parent.mkdir(parents=True, exist_ok=True)
        held.enter_context(locks.held(lock))
    except locks.TakenError as error:
        holder = error.holder
        raise RunningError(f"{what} is being run by {holder}; wait for it, or stop it") from None
    except OSError as error:
        raise SweepError(f"{lock}: cannot be written: {error.strerror}") from None
    with held:
        yield
