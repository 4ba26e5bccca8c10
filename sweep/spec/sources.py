"""Where specifications come from: a file, a bundled one, standard input; `--set`, `--unset`."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from analysis.text.plain import brief
from snn.config import model, unknown_key
from sweep.errors import SpecError
from sweep.host.notices import is_variable
from sweep.spec.own_networks import use_files
from sweep.spec.parsing import parse_sweep
from sweep.spec.sections.methods import by_name
from sweep.spec.specification import Specification
from sweep.spec.yaml.files import read


def load_sweep(
    source: str,
    overrides: Mapping[str, Any] | None = None,
    plugins: Sequence[str] = (),
    unset: Sequence[str] = (),
) -> Specification:
    """Read a sweep from a YAML file, or a bundled one by its name.

    Args:
        source: Path or name; `-` is the standard input.
        overrides: Keys of the configuration are fixed at these values, and no longer searched or
            changed in the confirmation; keys of the specification (`trials`, `sampler.name`, …) are
            replaced.
        plugins: Files with components, beside those that it names.
        unset: Keys that are taken out of it, and so have their defaults, before others are set.

    Raises:
        SpecError: There is no such file or sweep, or something in it is not allowed.
    """
    where = shown_source(source)
    values = read(_text(source), where)
    if not isinstance(values, dict):
        raise SpecError(f"{where}: needs keys and values, such as name, base and search")
    folder = Path(source).parent
    changes = dict(overrides or {})
    if "network" in changes:  # it may bring keys that others are of
        _override(values, "network", changes.pop("network"))
    try:
        values = use_files(values, folder, plugins)  # `--set` takes keys of theirs
    except SpecError as error:
        raise SpecError(*(f"{where}: {line}" for line in error.mistakes)) from None
    wrong = [f"--unset {key}: {where} does not set it" for key in unset if not _unset(values, key)]
    for key, value in changes.items():
        try:
            _override(values, key, value)
        except SpecError as error:
            wrong += error.mistakes
    try:
        sweep = parse_sweep(values, where, folder)
    except SpecError as error:
        raise SpecError(*wrong, *error.mistakes) from None
    if wrong:
        raise SpecError(*wrong)
    return sweep


def files_named(name: str) -> list[Path]:
    """The specification files in the working directory that have this name of a sweep."""

    def has_it(path: Path) -> bool:
        try:
            values = read(path.read_text(encoding="utf-8"), str(path))
        except (SpecError, OSError, ValueError):
            return False
        return isinstance(values, dict) and values.get("name") == name

    return [path for path in sorted(Path().glob("*.y*ml")) if has_it(path)]


def shown_source(source: str) -> str:
    """What a source of specifications is called in messages."""
    return "standard input" if source == "-" else source


def parse_overrides(items: Sequence[str]) -> dict[str, Any]:
    """Read `KEY=VALUE` items; values as in YAML.

    Raises:
        SpecError: Items have no `=`, or values that are no YAML; a line each.
    """
    overrides: dict[str, Any] = {}
    wrong: list[str] = []
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            wrong.append(f"--set {brief(item)[1:-1]}: needs KEY=VALUE, for example --set epochs=5")
            continue
        try:
            overrides[key.strip()] = read(value, f"--set {key.strip()}")
        except SpecError as error:
            wrong += error.mistakes
    if wrong:
        raise SpecError(*wrong)
    return overrides


def bundled() -> dict[str, str]:
    """Names and descriptions of the sweeps that come with the package."""
    files = sorted(_specs().iterdir(), key=lambda file: file.name)
    found = {f.name.removesuffix(".yaml"): f for f in files if f.name.endswith(".yaml")}
    return {
        name: parse_sweep(read(file.read_text(encoding="utf-8"), name), name).description
        for name, file in found.items()
    }


def _override(values: dict[str, Any], key: str, value: Any) -> None:
    if key in model().model_fields:
        for part in ("base", "search"):
            if not isinstance(values.setdefault(part, {}), dict):
                return  # nothing can be set; it is said when the whole is read
        _take_out(values, key)
        values["base"][key] = value
        return
    top, *inner = key.split(".")
    if top == "notify":
        refuse_shown(value)
    if top not in Specification.model_fields:
        known = [*model().model_fields, *Specification.model_fields]
        raise SpecError(f"--set {key}: {unknown_key(key, known)}")
    for part in inner:
        section = by_name(values.get(top, {}))
        if not isinstance(section, dict) or top == "name":
            raise SpecError(f"--set {key}: {top} has no parts; use --set {top}=VALUE")
        values[top] = dict(section)
        values, top = values[top], part
    values[top] = value


def refuse_shown(value: Any) -> None:
    """Refuse addresses with secrets on a command line, which all users of the machine can read.

    Raises:
        SpecError: There is one that is not the name of a variable.
    """
    given = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and is_variable(one) for one in given):
        raise SpecError(
            "--set notify: an address with its secrets would stand in the list of processes; name "
            "a variable that holds it, such as '$NTFY', or write it into the file"
        )


def _unset(values: dict[str, Any], key: str) -> bool:
    """Take a key out of a specification; whether it was there."""
    if key in model().model_fields:
        return _take_out(values, key)
    *outer, last = key.split(".")
    section: Any = values
    for part in outer:
        section = section.get(part) if isinstance(section, dict) else None
    return isinstance(section, dict) and section.pop(last, values) is not values


def _take_out(values: dict[str, Any], key: str) -> bool:
    """Take a key of the configuration out wherever it has a value; whether it had one."""
    again, points = values.get("confirm"), values.get("points")
    sections = [values.get("base"), values.get("search")]
    sections += [again.get("base")] if isinstance(again, dict) else []
    sections += points if isinstance(points, list) else []
    there = [section for section in sections if isinstance(section, dict) and key in section]
    for section in there:
        del section[key]
    if isinstance(points, list):  # those that differed in this key only are the same now
        values["points"] = [it for n, it in enumerate(points) if it not in points[:n]]
    if isinstance(values.get("each"), list):
        values["each"] = [other for other in values["each"] if other != key]
    return bool(there)


def _specs() -> Any:
    return resources.files("sweep.spec") / "bundled"


def _nearest(path: Path) -> str:
    """The bundled sweeps and the files beside it whose names are most like that of no file."""
    bundled_names = [f.name[:-5] for f in _specs().iterdir() if f.name.endswith(".yaml")]
    beside = {name.stem: str(name) for name in path.parent.glob("*.y*ml")}
    known = {name: name for name in bundled_names} | beside
    near = difflib.get_close_matches(path.stem, sorted(known), n=3)
    told = " or ".join(known[name] for name in near)
    return f"did you mean {told}?" if near else "spikesweep specs lists the bundled sweeps"


def _text(source: str) -> str:
    path = Path(source)
    inside = _specs() / f"{source}.yaml"
    try:
        if source == "-":
            return sys.stdin.read()
        if "/" not in source and not path.is_file() and inside.is_file():
            return str(inside.read_text(encoding="utf-8"))
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(f"{source}: no such file; {_nearest(path)}") from None
    except IsADirectoryError:
        raise SpecError(f"{source}: is a folder; a sweep is a YAML file") from None
    except UnicodeDecodeError:
        raise SpecError(f"{source}: is no text; a sweep is a YAML file in UTF-8") from None
    except OSError as error:
        raise SpecError(f"{source}: cannot be read: {error.strerror}") from None
