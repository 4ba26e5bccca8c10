"""The modes of the command `effects`: each makes another table of the same runs.

A mode is an option of the command, the options that do not go with it, and a function that gives
the table for programs and the one for readers. Without such an option, pairs are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from sweep.commands.comparing.asked import CROSSED, SEVERAL, Asked, refuse
from sweep.commands.parts.common import warn_of_mixed
from sweep.commands.parts.reading import read_runs
from sweep.errors import SpecError

if TYPE_CHECKING:
    from pandas import DataFrame

_PAIRED = ("--tuned", "--block", "--groups")
"""Options of how runs are paired."""

Tables = tuple["DataFrame", "DataFrame"]
"""One for programs, and one for readers."""


@dataclass(frozen=True)
class Mode:
    """One mode.

    Attributes:
        option: Asks for it; empty for that of pairs.
        refused: Options that do not go with it.
        tables: Makes its tables.
        is_of_pairs: Whether the table is one of `analysis.effects`, which has remarks.
    """

    option: str
    refused: Sequence[str]
    tables: Callable[[Asked], Tables]
    is_of_pairs: bool = False


def mode_of(asked: Asked) -> Mode:
    """The mode that was asked for.

    Raises:
        SpecError: Options do not go together.
    """
    asked.check()
    mode = next(each for each in MODES if not each.option or each.option in asked.options)
    refuse(asked, mode.option, mode.refused)
    return mode


def _variance(asked: Asked) -> Tables:
    from analysis.stats.seeds import variance as chance

    table = chance.variance(read_runs(asked.names), asked.metric, asked.within)
    return table, chance.readable_variance(table)


def _interactions(asked: Asked) -> Tables:
    from analysis.stats import readable
    from analysis.stats.factorial import interactions

    table = interactions.interactions(*_runs_with_factors(asked), asked.metric)
    return table, readable.readable_interactions(table)


def _factorial(asked: Asked) -> Tables:
    """Main effects and interactions of factors that were crossed in networks."""
    from analysis.stats import readable
    from analysis.stats.factorial import tables

    found, factors = _runs_with_factors(asked)
    table = tables.factorial(
        found,
        factors,
        asked.across,
        asked.metric,
        margin=asked.margins[0],
        within=asked.within,
        looks=asked.looks,
    )
    return table, readable.readable_effects(table)


def _views(asked: Asked) -> Tables:
    from analysis.stats import readable
    from analysis.stats.compare import views

    found, factors = _runs_with_factors(asked)
    table = views.views(found, factors, asked.metric, margin=asked.margins[0], within=asked.within)
    return table, readable.readable_views(table)


def _changes(asked: Asked) -> Tables:
    """The changes of an ablation, or what they do to the effects of what makes the networks."""
    from analysis.data.labels import ACTS_ON, CHANGE
    from analysis.stats.design import changes

    if asked.interactions and any(margin.relative for margin in asked.margins):
        raise SpecError("--margin: an interaction has no errors to be a part of")
    networks = [name for name in asked.across if name not in asked.within]
    table, within = changes.by_change(_runs(asked), networks, asked.within), [*asked.within]
    if asked.interactions:
        table = changes.acted_on(table, asked.across, asked.metric)
        within.append(ACTS_ON)
    return _effects(asked, table, [CHANGE], within=within, fixed=True)


def _pairs(asked: Asked) -> Tables:
    """The levels of factors, paired by everything else and by seed."""
    from analysis.data.by_group import by_group
    from analysis.run_files.reading import hits_reader

    found, factors = _runs_with_factors(asked)
    group = ""
    if asked.tuned:
        warn_of_mixed(found)
    if asked.groups:
        found, group = by_group(found, hits_reader(asked.names))
    return _effects(
        asked,
        found,
        factors,
        within=asked.within,
        tuned=asked.tuned,
        block=asked.block,
        group=group,
    )


class _How(TypedDict, total=False):
    """How effects are paired; see `analysis.effects`."""

    within: Sequence[str]
    tuned: bool
    block: str
    group: str
    fixed: bool


def _effects(asked: Asked, found: DataFrame, factor: Sequence[str], **how: Unpack[_How]) -> Tables:
    """The effects of factors, or at several margins what is equivalent."""
    from analysis.stats import effects, equivalence, readable

    if len(asked.margins) > 1:
        table = equivalence.equivalences(
            found, asked.margins, factor, metric=asked.metric, looks=asked.looks, **how
        )
        return table, readable.readable_equivalences(table)
    table = effects.effects(
        found, factor, asked.metric, margin=asked.margins[0], looks=asked.looks, **how
    )
    return table, readable.readable_effects(table)


def _runs_with_factors(asked: Asked) -> tuple[DataFrame, list[str]]:
    """The runs, and the factors; params that are one factor are one param."""
    from analysis.stats.factorial.bundles import bundled

    return bundled(_runs(asked), asked.factor)


def _runs(asked: Asked) -> DataFrame:
    from analysis.data.labelled import labelled

    return labelled(read_runs(asked.names))


MODES = (
    Mode(
        "--variance",
        (*_PAIRED, "--figure", "--looks", "--factor", "--interactions", "--views", "--changes"),
        _variance,
    ),
    Mode("--changes", (*_PAIRED, "--factor", "--views"), _changes, is_of_pairs=True),
    Mode(CROSSED, (*_PAIRED, SEVERAL, "--views"), _factorial, is_of_pairs=True),
    Mode("--interactions", (*_PAIRED, "--figure", SEVERAL, "--looks", "--views"), _interactions),
    Mode("--views", (*_PAIRED, "--figure", SEVERAL, "--looks"), _views),
    Mode("", (), _pairs, is_of_pairs=True),
)
"""The first one whose option was given."""
