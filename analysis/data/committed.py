"""The results that come with the package: runs to try the analysis on, without a sweep."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.records import RUN_FILE
from analysis.text.plain import known_names


def committed(name: str) -> str:
    """The path of a file of runs that comes with the package, for `load_runs`.

    >>> runs = load_runs([committed("published-fashion")])
    >>> len(runs), runs["state"].unique().tolist()
    (96, ['done'])

    Args:
        name: Such as `published-mnist`, or `best/large-fashion`.

    Raises:
        AnalysisError: There is none of this name; those that there are are named.
    """
    folder = Path(str(resources.files("analysis"))) / "results"
    known = {
        file.relative_to(folder).as_posix().removesuffix(RUN_FILE): file
        for file in sorted(folder.rglob(f"*{RUN_FILE}"))
    }
    if name not in known:
        raise AnalysisError(
            f"no results {name!r} come with the package; {known_names(name, known)}"
        )
    return str(known[name])
