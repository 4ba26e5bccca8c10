"""From plain values to a validated specification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from analysis.records import COLUMNS, ENERGY, EPOCH_METRICS, FINAL_METRICS
from snn.config import describe, model
from snn.registry import current
from sweep.errors import SpecError
from sweep.spec.checks.together import check
from sweep.spec.own_networks import use_files
from sweep.spec.sections.budget import Budget
from sweep.spec.sections.confirm import Confirm
from sweep.spec.sections.methods import sampler_model, scheduler_model
from sweep.spec.sections.resources import Resources
from sweep.spec.sections.stop import Stop
from sweep.spec.specification import Specification

Place: TypeAlias = tuple[int | str, ...]

_UNNAMED = "unnamed"
_SECTIONS: Mapping[int | str, Callable[[], type[BaseModel]]] = {
    "sampler": sampler_model,
    "scheduler": scheduler_model,
    "confirm": lambda: Confirm,
    "resources": lambda: Resources,
    "budget": lambda: Budget,
    "stop": lambda: Stop,
}


def parse_sweep(values: Any, where: str = "", folder: Path | None = None) -> Specification:
    """Validate plain values.

    Args:
        values: Keys and values, as in YAML.
        where: Their source, for errors.
        folder: What the paths of its plugins are relative to; default: the working directory.

    The plugins are in use from then on, and no others.

    Raises:
        SpecError: Something in them is wrong: a line a mistake, what, where, and what is allowed.
    """
    if not isinstance(values, Mapping):
        raise SpecError(f"{where}: needs keys and values, such as name, base and search")
    try:
        values = use_files(values, folder or Path())
        refuse_taken_names()
    except SpecError as error:
        raise SpecError(*(f"{where}: {line}" for line in error.mistakes)) from None
    sweep, unread = _read(_all_points({str(key): value for key, value in values.items()}))
    mistakes = [*unread.values(), *check(sweep, [place.split(".")[0] for place in unread])]
    if mistakes:
        raise SpecError(*(f"{where}: {line}" for line in dict.fromkeys(mistakes)))
    return sweep


def _all_points(values: dict[str, Any]) -> dict[str, Any]:
    """Points without a sampler are all run, to their ends: nothing else was asked for.

    With a sampler that is named, the scheduler has its usual default, as launches of earlier
    versions have.
    """
    if not values.get("points") or "sampler" in values:
        return values
    return {"scheduler": "none", **values, "sampler": "grid"}


def _read(values: dict[str, Any]) -> tuple[Specification, dict[str, str]]:
    """A specification of the keys that can be read; what is wrong with the others, by place."""
    try:
        return Specification(**values), {}
    except ValidationError as error:
        told = describe(error, _model_at)
        mistakes = {".".join(map(str, place)): _with_place(place, line) for place, line in told}
        wrong = {str(place[0]) for place, _ in told}
        sound = {key: value for key, value in values.items() if key not in wrong}
        return Specification(**{"name": _UNNAMED, **sound}), mistakes


def _with_place(place: Place, line: str) -> str:
    """The mistake; of a missing key without the values beside it, of a key where it belongs."""
    key = str(place[0]) if len(place) == 1 else ""
    if "unknown key" in line and key in model().model_fields:
        return f"{key}: is a key of one run; it belongs in base (fixed) or search (varied)"
    return line.partition(", got ")[0] if "is missing" in line else line


def _model_at(place: Place) -> type[BaseModel]:
    """What describes the keys beside the one at this place."""
    section, *inner = place or ("",)
    return _SECTIONS.get(section, lambda: Specification)() if inner else Specification


def refuse_taken_names() -> None:
    """Refuse keys of plugins that `--set` and tables would take for something else.

    Raises:
        SpecError: One has the name of a key of a specification, or of a metric or column.
    """
    taken = {*Specification.model_fields, *EPOCH_METRICS, *FINAL_METRICS, ENERGY, *COLUMNS}
    wrong: list[str] = []
    for component in current().plugins:
        wrong += [
            f"plugins: {component.file}: {component.title}: key {key} means something else in "
            "specifications and tables; rename it"
            for key in sorted(taken.intersection(component.own))
        ]
    if wrong:
        raise SpecError(*wrong)
