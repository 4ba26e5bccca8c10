"""The journal of a renaming: what a kill in the middle leaves, so that the next one finishes it.

It lies in the folder of the old name, on the disk of the driver's machine, from before the first
change until after the last one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sweep.errors import SpecError
from sweep.host.paths import own_folder, storage_root
from sweep.spec.fresh_seeds import CONFIRMED

_FILE = "renaming.json"


@dataclass(frozen=True)
class Journal:
    """What is renamed.

    Attributes:
        before: The old name.
        now: The new name.
        experiments: Ids in MLflow.
        studies: Their old names in Optuna's database.
        launches: Their numbers.
    """

    before: str
    now: str
    experiments: tuple[str, ...]
    studies: tuple[str, ...]
    launches: tuple[int, ...]

    def write(self) -> None:
        """Write it, whole or not at all.

        Raises:
            OSError: The disk does not take it.
        """
        file = _file(self.before)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.replace(file)

    def remove(self) -> None:
        """Forget it: all is renamed."""
        _file(self.before).unlink(missing_ok=True)


def journal_of(before: str) -> Journal | None:
    """The journal of a sweep whose renaming was broken off.

    Raises:
        SpecError: It is damaged.
    """
    file = _file(before)
    return _read(file) if file.exists() else None


def refuse_half_renamed(name: str) -> None:
    """Check that no renaming from or to a name was broken off.

    Raises:
        SpecError: One was.
    """
    for journal in _all():
        if name in (journal.before, journal.now):
            names = (one.removesuffix(CONFIRMED) for one in (journal.before, journal.now))
            raise SpecError(
                f"{name}: {journal.before} was half renamed to {journal.now}; finish that with "
                f"`spikesweep rename {' '.join(names)}`"
            )


def _all() -> Iterator[Journal]:
    yield from map(_read, sorted(_file("_").parent.parent.glob(f"*/{_FILE}")))


def _file(name: str) -> Path:
    return own_folder(storage_root(), name) / _FILE


def _read(file: Path) -> Journal:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        lists = {key: tuple(told[key]) for key in ("experiments", "studies", "launches")}
        return Journal(str(told["before"]), str(told["now"]), **lists)
    except (KeyError, TypeError, ValueError):
        raise SpecError(f"{file}: is no journal of a renaming; restore it") from None
