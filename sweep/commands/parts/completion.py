"""What a shell offers when the user presses Tab: names of sweeps, specifications, files.

Only folders are listed. Nothing heavy is imported, and no store is asked, so it is quick.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def specifications(incomplete: str) -> list[str]:
    """The bundled sweeps, and the YAML files of this folder, that begin like this."""
    names = [file.name for file in (resources.files("sweep.spec") / "bundled").iterdir()]
    found = [name.removesuffix(".yaml") for name in names if name.endswith(".yaml")]
    found += [path.name for path in _here() if path.suffix in (".yaml", ".yml")]
    return _beginning(found, incomplete)


def sweeps(incomplete: str) -> list[str]:
    """The sweeps that were run in this folder, and its files of runs, that begin like this."""
    from analysis.records import RUN_FILE

    found = [path.name for path in _here() if path.name.endswith(RUN_FILE)]
    return _beginning(found + _launched(), incomplete)


def models(incomplete: str) -> list[str]:
    """The sweeps that were run in this folder, and its checkpoints, that begin like this."""
    found = [path.name for path in _here() if path.suffix == ".pt"]
    return _beginning(found + _launched(), incomplete)


def _launched() -> list[str]:
    """Names of the sweeps with files here; those in an object store are not listed."""
    from sweep.errors import SpecError
    from sweep.host.paths import storage_root

    try:
        root = storage_root()
    except SpecError:
        return []
    if not isinstance(root, Path):
        return []
    return [path.name for path in _inside(root) if path.is_dir() and any(_inside(path))]


def _here() -> list[Path]:
    return _inside(Path())


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _beginning(names: list[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})
