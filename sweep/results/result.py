"""The result of a sweep: what is read from MLflow, and how its latest launch ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data.groups import best_run
from analysis.data.history import load_history
from analysis.data.labelled import labelled
from analysis.data.runs import read_records, tidy
from analysis.errors import AnalysisError
from analysis.records import State, Tag
from analysis.report.front import leading, numbered
from analysis.store.record import RunRecord
from analysis.text.addresses import tracking_uri
from analysis.text.typeset import as_text, printed
from sweep.results.best import Best

if TYPE_CHECKING:
    from sweep.run.driver import Result as Ended

_SHOWN = 10  # rows in a notebook


@dataclass(frozen=True)
class Result:
    """What a sweep gave.

    Attributes:
        name: Of the sweep.
        interrupted: Whether the user stopped its latest launch; `run(resume=True)` goes on.
        failures: Why trials failed, by the names of the trials.
        halted: Why the latest launch ended early (a full disk …); empty if it did not.
        undelivered: What MLflow has not received, in one line; empty if it has everything.
        ended: Which rule of `budget` or `stop` ended the search, in words; empty if none did.
        confirmation: The leaders with fresh seeds, one row each, if the sweep asked for it.
    """

    name: str
    interrupted: bool = False
    failures: Mapping[str, str] = field(default_factory=dict)
    halted: str = ""
    undelivered: str = ""
    confirmation: pd.DataFrame | None = None
    ended: str = ""
    _known: Sequence[Mapping[str, Any]] = ()
    _tracking_uri: str = field(default_factory=tracking_uri)

    @classmethod
    def of(cls, name: str, ended: Ended, confirmation: pd.DataFrame | None) -> Result:
        """Of a launch that has just ended."""
        return cls(
            name,
            ended.interrupted,
            dict(ended.failures),
            ended.halted,
            ended.undelivered,
            confirmation,
            ended.ended,
            ended.leaders,
        )

    @classmethod
    def read(cls, name: str) -> Result:
        """Of a sweep that ran before, here or elsewhere.

        Raises:
            AnalysisError: There is no store, it cannot be read, or it has no such sweep.
        """
        records = read_records([name])
        launches = [record for record in records if not record.is_trial]
        latest = max(launches, key=lambda record: record.start_ms, default=None)
        failed = {r.name: r.tags.get(Tag.ERROR, "") for r in records if r.state == State.FAILED}
        if latest is None:
            return cls(name, failures=failed)
        error = latest.tags.get(Tag.ERROR, "")
        stopped = latest.state == State.INTERRUPTED and not error
        return cls(name, stopped, failed, halted=error, ended=latest.tags.get(Tag.ENDED, ""))

    @cached_property
    def _records(self) -> list[RunRecord]:
        return read_records([self.name], self._tracking_uri)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per trial, oldest first, as `analysis.load_runs` gives them.

        Raises:
            AnalysisError: The store cannot be read, or has nothing of this sweep.
        """
        return tidy(self._records)

    @property
    def leaders(self) -> pd.DataFrame:
        """One row per configuration, best mean validation accuracy first.

        As `analysis.summarise` gives them: accuracies are fractions. A search for several metrics
        has these, too, and the column `front`, which `attrs["front"]` explains. Where MLflow has
        not received everything, as the sweep itself knows them: by validation, without tests.

        Raises:
            AnalysisError: No trial is done.
        """
        if self.undelivered:
            return pd.DataFrame(self._known)
        return leading(self.runs)

    def table(self, top: int = 10) -> str:
        """The leaders as `spikesweep show` prints them: for people, with no column left out.

        >>> print(result.table())

        Args:
            top: Rows at most.

        Raises:
            AnalysisError: No trial is done.
        """
        return self._readable().head(top).to_string(index=False, line_width=None)

    def _readable(self) -> pd.DataFrame:
        known = labelled(self.leaders)
        return known.map(as_text) if self.undelivered else numbered(printed(known))

    def history(self, *metrics: str) -> pd.DataFrame:
        """Metrics of every epoch, one row per trial and epoch, as `analysis.load_history` does.

        Raises:
            AnalysisError: No trial has one of the metrics.
        """
        return load_history(
            [self.name],
            metrics or ("val_accuracy",),
            run_ids=self.runs["run_id"].tolist(),
            tracking_uri=self._tracking_uri,
        )

    def best(self, leader: int = 1) -> Best:
        """The best run by validation: within the best configuration, the best seed.

        >>> cheaper = result.best(leader=4).network()

        Args:
            leader: Of which configuration instead, by its place in `leaders`, from 1.

        Raises:
            AnalysisError: No trial is done, or there are fewer leaders.
        """
        chosen = best_run(self.runs, leader)["run_id"]
        record = next(record for record in self._records if record.run_id == chosen)
        return Best(record, self._tracking_uri)

    def __repr__(self) -> str:
        notes = [f"{len(self.failures)} failed"] if self.failures else []
        notes += ["interrupted"] if self.interrupted else []
        notes += [f"stopped early: {self.halted}"] if self.halted else []
        notes += [self.undelivered] if self.undelivered else []
        return f"<Result of {self.name}{': ' if notes else ''}{'; '.join(notes)}>"

    def _repr_html_(self) -> str:
        head = f"<p>{escape(repr(self))}</p>"
        try:
            leaders = self._readable()
        except AnalysisError as error:
            return f"{head}<p>{escape(str(error))}</p>"
        more = len(leaders) - _SHOWN
        rest = f"<p>and {more} more: .leaders</p>" if more > 0 else ""
        return head + leaders.head(_SHOWN).to_html(index=False, border=0) + rest
