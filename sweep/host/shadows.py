"""Files of a user with the names of our packages or libraries, which would be imported instead.

Python imports the first module on its path. Ray puts the working folder first on the path of its
workers. So they would import a `sweep.py` or `torch.py` beside a specification.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.errors import SpecError

if TYPE_CHECKING:
    from ray.job_config import JobConfig

_OURS = ("snn", "analysis")  # `sweep` itself has been found: it is running


def refuse() -> None:
    """Check that Python finds our packages, and no others of the same name.

    Raises:
        SpecError: Another module of this name comes first on Python's path.
    """
    home = Path(__file__).parents[2]
    for name in _OURS:
        found = PathFinder.find_spec(name)  # nothing: an editable installation has its own finder
        origin = Path(found.origin) if found and found.origin else None
        if (
            origin
            and home not in origin.absolute().parents
            and home not in origin.resolve().parents
        ):
            raise SpecError(
                f"{origin}: hides spikesweep's own {name}; rename it, or take its folder off "
                "PYTHONPATH"
            )


def look_elsewhere(path: list[str]) -> None:
    """Remove the working folder from Python's path, unless our own code is in it."""
    here = Path.cwd()
    if here != Path(__file__).parents[2]:
        path[:] = [folder for folder in path if Path(folder).absolute() != here]


def job_config() -> JobConfig:
    """Settings for Ray: workers import from the same folders as this process, in the same order.

    A folder that comes after our packages here (one that was appended) also does so there.
    """
    from ray.job_config import JobConfig

    here = str(Path.cwd())
    path = [str(Path(folder).absolute()) for folder in sys.path]  # "" is the working folder
    shared = path[: path.index(here) + 1] if here in path else []
    # Ray's own name for it: its working folder is then not added. A worker puts every folder that
    # is named in front of those before.
    return JobConfig(_client_job=True, _py_driver_sys_path=shared[::-1])
