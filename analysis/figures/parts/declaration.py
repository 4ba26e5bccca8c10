"""What a figure declares, and what it is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.data.activity import ImageActivity
from analysis.data.history import load_history
from analysis.data.labelled import labelled
from analysis.errors import AnalysisError
from analysis.store.artifacts import confusion_of


def no_activity(run_id: str) -> ImageActivity:
    """Stands where no network can be opened.

    Raises:
        AnalysisError: Always.
    """
    raise AnalysisError(f"the network of run {run_id} is not opened here")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What figures are drawn from. All but the runs is read when a figure asks for it.

    Attributes:
        runs: As `load_runs` gives them, with the labels of users' components.
        history: The epochs of runs, from names of metrics and ids of runs.
        confusion: The confusion matrix of a run, by its id.
        activity: What the network of a run does with the first test image, by the run's id.
    """

    runs: pd.DataFrame
    history: Callable[[Sequence[str], Sequence[str]], pd.DataFrame]
    confusion: Callable[[str], NDArray[np.int64]] = confusion_of
    activity: Callable[[str], ImageActivity] = no_activity


def source_of(
    names: Sequence[str],
    runs: pd.DataFrame,
    tracking_uri: str | None = None,
    activity: Callable[[str], ImageActivity] = no_activity,
) -> Source:
    """What figures of these runs are drawn from.

    Args:
        names: Of sweeps and files, as `load_runs` took them.
        runs: As `load_runs` gave them.
        tracking_uri: Of the store; None for MLflow's default.
        activity: What the network of a run does with the first test image.
    """

    def history(metrics: Sequence[str], run_ids: Sequence[str]) -> pd.DataFrame:
        return load_history(names, metrics, run_ids=run_ids, tracking_uri=tracking_uri)

    confusion = partial(confusion_of, tracking_uri=tracking_uri)
    return Source(runs=labelled(runs), history=history, confusion=confusion, activity=activity)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user asks of a figure.

    Attributes:
        metric: What to show; empty for a figure that takes none.
        by: Params to tell runs apart by.
        leader: Which configuration, by its place among the leaders, from 1; None: the best that the
            figure can show.
    """

    metric: str = ""
    by: tuple[str, ...] = ()
    leader: int | None = None


@dataclass(frozen=True, kw_only=True)
class InReport:
    """A figure in a report: its name there, the text beside it, and what is drawn."""

    name: str
    text: str
    options: Options


def in_no_report(source: Source) -> Iterable[InReport]:
    """For a figure that is in none, or in a section with tables of its own."""
    return ()


@dataclass(frozen=True, kw_only=True)
class FigureKind:
    """A kind of figure; commands, their help and reports know it by this alone.

    Attributes:
        name: On the command line: `spikesweep figure NAME`.
        title: What it shows, in a few words.
        draw: Draws it.
        example: Options after the sweep in the example of the help.
        metric: What is shown if nothing else is asked for; empty: it takes no metric.
        of_epochs: Whether the metric must be one that is measured after every epoch.
        least_by: How many params it needs to tell runs apart by.
        most_by: How many it takes.
        in_report: Where and how it is in a report on these runs.
        section: Of the report.
        across: Whether one figure shows all data sets, rather than each its own.
        of_leader: Whether it shows one network, so that it takes a leader.
    """

    name: str
    title: str
    draw: Callable[[Source, Options], Figure]
    example: str = ""
    metric: str = "test_accuracy"
    of_epochs: bool = False
    least_by: int = 0
    most_by: int = 0
    in_report: Callable[[Source], Iterable[InReport]] = in_no_report
    section: Literal["figures", "leaders"] = "figures"
    across: bool = False
    of_leader: bool = False

    def entry(self, text: str, by: Sequence[str] = (), name: str = "") -> InReport:
        """This figure in a report, with the metric that it shows by default."""
        options = Options(metric=self.metric, by=tuple(by))
        return InReport(name=name or self.name, text=text, options=options)
