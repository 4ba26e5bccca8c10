"""The leaders of sweeps on the terminal, and what was ended early."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sweep.commands.parts.common import say_result
from sweep.commands.parts.reading import read_runs
from sweep.commands.parts.tables import print_table, print_text

if TYPE_CHECKING:
    import pandas as pd


def print_leaders(
    names: Sequence[str], top: int, *, whole: bool = False, defaults: bool = False
) -> None:
    """Print the best configurations of sweeps by validation accuracy.

    Args:
        names: Of the sweeps.
        top: How many configurations.
        whole: Whether all params are told that were set and are the same for all, and how a leader
            is taken.
        defaults: Whether those are told, too, that have their defaults.
    """
    from analysis.data.labelled import labelled
    from analysis.data.origins.plans import aims_of
    from analysis.report import tables
    from analysis.report.front import leading, numbered
    from analysis.text import typeset
    from analysis.text.plain import counted
    from sweep.commands.parts.defaults import changed_first

    found = read_runs(names)
    summary = changed_first(leading(found, aims_of(found)))
    shown = labelled(tables.for_readers(summary, top))
    usual = {} if defaults else shown.attrs.pop("by_default")
    above = typeset.settings(shown, whole=whole)
    others = counted(len(usual), "other param")
    above += [f"By default: {others}; show --defaults names them."] if usual else []
    print_table(
        numbered(typeset.printed(shown)),
        title=f"leaders of {', '.join(names)}, by validation",
        above="\n".join(above),
        narrow=True,
    )
    tell_front(summary)
    _tell_more(len(summary) - top)
    if whole and len(summary) > 1:
        say_result(f"take one by its number: spikesweep best {shlex.join(names)} --leader N")


def tell_front(table: pd.DataFrame) -> None:
    """Say what the column of the front means, where there is one."""
    from analysis.records import FRONT

    if FRONT in table:
        print_text(str(table.attrs[FRONT]))


def _tell_more(hidden: int) -> None:
    if hidden > 0:
        say_result(f"{hidden} more: --top shows them")


def print_pruned(found: pd.DataFrame, top: int) -> None:
    """Print the configurations that were ended early, the latest first, and why."""
    from analysis.data.labelled import labelled
    from analysis.report import tables
    from analysis.text import typeset

    ended = labelled(tables.ended_early(found))
    if len(ended):
        print_table(
            typeset.printed(ended).head(top),
            title="not among the leaders, the latest first",
            narrow=True,
        )
        _tell_more(len(ended) - top)


def print_known(
    name: str, found: Sequence[Mapping[str, Any]], top: int, directions: Mapping[str, str]
) -> None:
    """Print the best configurations as the sweep itself knows them, without MLflow.

    Args:
        name: Of the sweep.
        found: Its leaders, best first.
        top: How many are printed.
        directions: The metrics that it searched for, with `max` or `min`.
    """
    import pandas as pd

    from analysis.data.labelled import labelled
    from analysis.report.front import mark
    from analysis.text.typeset import as_text

    known = pd.DataFrame(found)
    if len(directions) > 1:
        mark(known, directions)
    shown = labelled(known).head(top)
    print_table(shown.map(as_text), title=f"leaders of {name}", narrow=True)
    tell_front(known)
