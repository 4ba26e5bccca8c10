"""From plain values to a validated specification."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from analysis.records import COLUMNS, EPOCH_METRICS, FINAL_METRICS
from analysis.text.plain import brief
from snn.config import describe
from snn.errors import ConfigError
from snn.registry import current
from sweep.errors import SpecError
from sweep.spec.checks import check
from sweep.spec.own_networks import use_files
from sweep.spec.sections import sampler_model, scheduler_model
from sweep.spec.specification import Confirm, Resources, Specification

_SECTIONS: Mapping[int | str, Callable[[], type[BaseModel]]] = {
    "sampler": sampler_model,
    "scheduler": scheduler_model,
    "confirm": lambda: Confirm,
    "resources": lambda: Resources,
}


def parse_sweep(
    values: Any, where: str = "", folder: Path | None = None, more: Sequence[str] = ()
) -> Specification:
    """Validate plain values.

    Args:
        values: Keys and values, as in YAML.
        where: Their source, for errors.
        folder: What the paths of its plugins are relative to; default: the working directory.
        more: Paths of further plugins.

    The plugins are in use from then on, and no others.

    Raises:
        SpecError: Something in them is wrong: what, where, and what is allowed, in one line.
    """
    if not isinstance(values, Mapping):
        raise SpecError(f"{where}: needs keys and values, such as name, base and search")
    try:
        values = use_files(values, folder or Path(), more)
        refuse_taken_names()
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None
    try:
        sweep = Specification(**{str(key): value for key, value in values.items()})
    except ValidationError as error:
        raise SpecError(f"{where}: {describe(error, _section_of(error))}") from None
    try:
        check(sweep)
        _check_decided(sweep)
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None
    return sweep


def _section_of(error: ValidationError) -> type[BaseModel]:
    """Where the first mistake is, so that its keys can be named."""
    section, *inner = error.errors(include_url=False)[0]["loc"] or ("",)
    return _SECTIONS.get(section, lambda: Specification)() if inner else Specification


def refuse_taken_names() -> None:
    """Refuse keys of plugins that `--set` and tables would take for something else.

    Raises:
        SpecError: One has the name of a key of a specification, or of a metric or column.
    """
    taken = {*Specification.model_fields, *EPOCH_METRICS, *FINAL_METRICS, *COLUMNS}
    for component in current().plugins:
        for key in taken.intersection(component.own):
            raise SpecError(
                f"plugins: {component.file}: {component.title}: key {key} means something else in "
                "specifications and tables; rename it"
            )


def _check_decided(sweep: Specification) -> None:
    """A condition on a key that is fixed must name values that the key could have."""
    for parameter in sweep.space.parameters:
        for other, values in parameter.when.items():
            where = f"search.{parameter.name}.when"
            for value in values if other in sweep.space.fixed else ():
                try:
                    written = sweep.fixed_keys(**{other: value})[other]
                except ConfigError as error:
                    raise SpecError(f"{where}.{error}") from None
                if value != written:
                    raise SpecError(
                        f"{where}.{other}: is never {brief(value)}; write {brief(written)}"
                    )
