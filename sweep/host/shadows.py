"""Files of a user's that have the names of our packages, or of our libraries'.

Python takes the first that it finds on its path. Ray puts the working folder in front of its
workers' path, so that a `sweep.py` or `torch.py` beside a specification would be what they import.
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
    """Check that our packages are those that Python finds.

    Raises:
        SpecError: Another of such a name comes first on Python's path.
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
    """Take the working folder out of Python's path, unless we are in it ourselves."""
    here = Path.cwd()
    if here != Path(__file__).parents[2]:
        path[:] = [folder for folder in path if Path(folder).absolute() != here]


def job_config() -> JobConfig:
    """For Ray: let workers import from where this process does, in the same order.

    What is behind our own packages here (a folder that was appended) stays behind them there.
    """
    from ray.job_config import JobConfig

    here = str(Path.cwd())
    path = [str(Path(folder).absolute()) for folder in sys.path]  # "" is the working folder
    shared = path[: path.index(here) + 1] if here in path else []
    # Ray's own name for it: its working folder is then not added. A worker puts every folder that
    # is named in front of those before.
    return JobConfig(_client_job=True, _py_driver_sys_path=shared[::-1])
