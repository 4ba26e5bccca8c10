"""What the searches of a contender found, against the epochs that they spent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom, chi2

Line = Mapping[str, Any]
_STEP = 5  # epochs between two points of a curve


@dataclass(frozen=True)
class Curve:
    """The true accuracy of what a contender names, over its sampler seeds.

    Attributes:
        budgets: Epochs spent.
        values: By search and budget; NaN where nothing was named yet.
        top: Whether it was of the best hundredth.
    """

    budgets: np.ndarray
    values: np.ndarray
    top: np.ndarray

    @property
    def median(self) -> np.ndarray:
        """Over the searches; a search that has named nothing counts as the worst."""
        return np.median(np.nan_to_num(self.values), axis=0)

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the median, 95 %, by order statistics: nothing is assumed of the distribution."""
        ranked = np.sort(np.nan_to_num(self.values), axis=0)
        low = int(binom.ppf(0.025, len(ranked), 0.5))
        return ranked[max(low - 1, 0)], ranked[min(len(ranked) - low, len(ranked) - 1)]

    def spread(self, budget: int) -> str:
        """The standard deviation between searches in points, with its 95 % interval."""
        found = self.values[:, np.flatnonzero(self.budgets == budget)[0]]
        found = found[~np.isnan(found)]
        if len(found) < 2:
            return "–"
        deviation, free = 100 * float(np.std(found, ddof=1)), len(found) - 1
        high, low = (deviation * np.sqrt(free / chi2.ppf(p, free)) for p in (0.025, 0.975))
        return f"{deviation:.2f} [{low:.2f}, {high:.2f}]"

    def first(self, accuracy: float) -> int | None:
        """The fewest epochs after which the median is at least this."""
        reached = np.flatnonzero(self.median >= accuracy)
        return int(self.budgets[reached[0]]) if len(reached) else None


def read(file: Path) -> list[Line]:
    """The lines of a file; a last one that is not whole is left out."""
    found = []
    for line in file.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def found_at(budgets: np.ndarray | int, line: Line, what: str = "truth") -> np.ndarray:
    """What a search had found after so many epochs: NaN where it had named nothing."""
    place = np.searchsorted(line["epochs"], budgets, side="right")
    found: np.ndarray = np.array([np.nan, *line[what]], dtype=float)[place]
    return found


def curves(lines: Sequence[Line], epochs: int) -> dict[str, Curve]:
    """One for each contender, in the order in which they stand first."""
    budgets = np.arange(_STEP, epochs + 1, _STEP)
    found: dict[str, Curve] = {}
    for name in dict.fromkeys(line["contender"] for line in lines):
        own = [line for line in lines if line["contender"] == name]
        values = np.array([found_at(budgets, line) for line in own])
        top = np.array([found_at(budgets, line, "top") for line in own])
        found[name] = Curve(budgets, values, top)
    return found


def rows(lines: Sequence[Line], epochs: int, targets: Sequence[float]) -> list[list[str]]:
    """A table: the head, then a row for each contender."""
    all_curves = curves(lines, epochs)
    at = [budget for budget in (200, 400, 1000) if budget <= epochs]
    head = ["contender", "searches", *(f"after {b} epochs (%)" for b in at)]
    head += [*(f"epochs to {100 * t:g} %" for t in targets), "in the top 1 %"]
    head += ["deviation between searches (points)", "CPU (s)"]
    table = [head]
    for name, curve in all_curves.items():
        low, high = curve.interval
        cells = [name, str(len(curve.values))]
        for budget in at:
            i = int(np.flatnonzero(curve.budgets == budget)[0])
            cells.append(
                f"{100 * curve.median[i]:.2f} [{100 * low[i]:.2f}, {100 * high[i]:.2f}]"
                if curve.median[i]
                else "–"
            )
        cells += [str(curve.first(target) or "–") for target in targets]
        cpu = np.median([line["cpu"] for line in lines if line["contender"] == name])
        cells += [f"{100 * np.nanmean(curve.top[:, -1]):.0f} %", curve.spread(at[-1])]
        cells.append(f"{cpu:.1f}")
        table.append(cells)
    return table


def figure(all_curves: Mapping[str, Curve], file: Path) -> None:
    """Draw the medians; our default has its interval, too: those of all would hide each other."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    fig, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for number, (name, curve) in enumerate(all_curves.items()):
        known = curve.median > 0
        low, high = curve.interval
        colour, ours = f"C{number % 10}", name.startswith("spikesweep")
        style = {"color": colour, "lw": 2.2 if ours else 1.2, "ls": "-" if number < 10 else "--"}
        axes.plot(curve.budgets[known], 100 * curve.median[known], label=name, **style)
        if name == "spikesweep":
            axes.fill_between(
                curve.budgets[known], 100 * low[known], 100 * high[known], alpha=0.15, color=colour
            )
    shown = np.concatenate([100 * c.median[c.median > 0] for c in all_curves.values()])
    axes.set_ylim(np.quantile(shown, 0.05), shown.max() + 0.1)
    axes.set_xlabel("epochs spent by all trainings of the search")
    axes.set_ylabel("true accuracy of the named best (%)")
    axes.legend(fontsize=7, loc="lower right")
    axes.grid(alpha=0.3)
    fig.savefig(file, dpi=110)
