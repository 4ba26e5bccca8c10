"""Two configurations, compared image by image.

A configuration is compared with all its finished seeds, and each pair of their networks by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.groups import CHOSEN_BY, done_runs, group_runs, require_param
from analysis.data.runs import param_columns
from analysis.errors import AnalysisError, WithoutPredictionsError
from analysis.predictions.record import Predictions
from analysis.records import FACTORS
from analysis.stats.images.agreement import agreement
from analysis.stats.images.crossed_bootstrap import IMAGES, difference_interval
from analysis.stats.images.mcnemar import mcnemar
from analysis.stats.images.unlike import differences
from analysis.stats.intervals import few_units
from analysis.text.typeset import as_text

Read = Callable[[str], Predictions]
"""What the network of a run answered, by the id of the run."""

ALL_SEEDS = "all seeds"


@dataclass(frozen=True)
class Side:
    """A configuration with its networks.

    Attributes:
        title: For people.
        group_id: Of the configuration.
        networks: The predictions of its networks, by seed.
        lacking: How many of its finished runs have none.
        params: Of the configuration, as texts.
    """

    title: str
    group_id: str
    networks: Mapping[int, Predictions]
    lacking: int = 0
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def hits(self) -> NDArray[np.bool_]:
        """(S, N), a row for each seed."""
        return np.array([each.hits for each in self.networks.values()])


def leader(runs: pd.DataFrame, where: Mapping[str, str]) -> pd.DataFrame:
    """The finished runs of the best configuration by mean validation.

    Args:
        runs: As `load_runs` gives them.
        where: Only runs with these values of these params, written as in a table or a file of it.

    Raises:
        AnalysisError: There is no such param, or none of the runs with these values is done.
    """
    for name, wanted in where.items():
        require_param(runs, name)
        texts = runs[name].map(as_text)
        meant = _as_written(wanted, set(texts))
        if not meant:
            known = ", ".join(sorted(set(texts)))
            raise AnalysisError(f"no run has {name}={wanted}; there are {known}")
        runs = runs[texts == meant]
    done = done_runs(runs, [CHOSEN_BY])
    best = group_runs(runs, []).index[0]
    leading: pd.DataFrame = done[done["group_id"] == best].sort_values("seed")
    return leading


def _as_written(wanted: str, texts: set[str]) -> str:
    """Which of the texts of a param is meant: `True` is true, 0.0010 is 0.001; empty if none."""
    try:
        number = as_text(float(wanted))
    except ValueError:
        number = ""
    alike = [text for text in sorted(texts) if text.lower() == wanted.lower()]
    return next((text for text in (wanted, number, *alike) if text in texts), "")


def side(title: str, runs: pd.DataFrame, read: Read) -> Side:
    """A configuration with the predictions of its runs.

    Args:
        title: For people.
        runs: The finished runs of one configuration.
        read: Gives the predictions of a run.

    Raises:
        WithoutPredictionsError: The file of the runs was exported without predictions.
        AnalysisError: None of the runs has predictions, or they are of different images.
    """
    networks, reason = dict[int, Predictions](), ""
    for run_id, seed in zip(runs["run_id"], runs["seed"], strict=True):
        try:
            networks[int(seed)] = read(run_id)
        except WithoutPredictionsError:
            raise
        except AnalysisError as error:
            reason = reason or str(error)
    if not networks:
        raise AnalysisError(
            f"{title}: its networks' answers to single images are not known; they are kept since "
            f"this version ({reason})"
        )
    _require_same_images(title, list(networks.values()))
    group_id = str(runs["group_id"].iloc[0])
    first = runs.iloc[0]
    params = {name: as_text(first[name]) for name in param_columns(runs) if name != "seed"}
    return Side(title, group_id, networks, len(runs) - len(networks), params)


def compare(first: Side, second: Side) -> pd.DataFrame:
    """One row for all seeds together, then one for each pair of networks.

    Columns: `networks`; `accuracy_a`, `accuracy_b`; `estimate`, B minus A, with its 95 % interval
    `low`, `high`, and what that `covers`: other seeds and other test images for all seeds together,
    other test images for a pair; `only_a`, `only_b`, images that only one gets right, and McNemar's
    test of them, `p_exact`, `p_mid`, `chi2`, `p_chi2` (of a pair only); `equal`, `kappa`,
    `consistency` as in `Agreement`, for all seeds their means over the pairs.

    Networks are paired by seed if both configurations have the same seeds; else in the order of
    their seeds, which are then independent. `attrs`: `titles`, `differ` (the params in which
    they differ, with both values), `paired`, `n_seeds`, `n_images`, `lacking`.

    Raises:
        AnalysisError: They are one configuration, or were tested on different images.
    """
    if first.group_id == second.group_id:
        raise AnalysisError(f"{first.title} and {second.title} are the same configuration")
    networks = [*first.networks.values(), *second.networks.values()]
    _require_same_images(f"{first.title} and {second.title}", networks)
    paired = list(first.networks) == list(second.networks)
    pairs = list(zip(first.networks.items(), second.networks.items(), strict=False))
    rows = [_of_pair(*pair) for pair in pairs]
    n_seeds = (len(first.networks), len(second.networks))
    if max(n_seeds) > 1:
        rows.insert(0, _of_all(first, second, paired, rows))
    table = pd.DataFrame(rows)
    table.attrs |= {
        "titles": (first.title, second.title),
        "differ": _differ(first.params, second.params),
        "paired": paired,
        "n_seeds": n_seeds,
        "n_images": first.hits.shape[1],
        "lacking": first.lacking + second.lacking,
    }
    return table


def _require_same_images(what: str, networks: Sequence[Predictions]) -> None:
    one = networks[0]
    for other in networks:
        if other.data != one.data or not np.array_equal(other.labels, one.labels):
            raise AnalysisError(
                f"{what}: tested on different images (data {one.data[:12]} and {other.data[:12]}), "
                "so that no image can be compared"
            )


def _differ(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The params with other values, those first that a reader looks for."""
    names = sorted({*first, *second}, key=lambda name: (name not in FACTORS, name))
    both = {
        name: (first.get(name, as_text(None)), second.get(name, as_text(None))) for name in names
    }
    return {name: values for name, values in both.items() if values[0] != values[1]}


def _of_all(
    first: Side, second: Side, paired: bool, pairs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    found = difference_interval(first.hits, second.hits, paired)
    row: dict[str, Any] = {
        "networks": ALL_SEEDS,
        "accuracy_a": float(first.hits.mean()),
        "accuracy_b": float(second.hits.mean()),
        "estimate": found.mean,
        "low": found.low,
        "high": found.high,
        "covers": found.covers,
    }
    means = ("equal", "kappa", "consistency")
    return row | {name: float(np.mean([pair[name] for pair in pairs])) for name in means}


def _of_pair(first: tuple[int, Predictions], second: tuple[int, Predictions]) -> dict[str, Any]:
    (seed_a, a), (seed_b, b) = first, second
    found = difference_interval(a.hits[None], b.hits[None], paired=True)
    only_a, only_b = int((a.hits & ~b.hits).sum()), int((b.hits & ~a.hits).sum())
    test = mcnemar(only_a, only_b)
    return {
        "networks": f"seed {seed_a}" if seed_a == seed_b else f"seeds {seed_a} and {seed_b}",
        "accuracy_a": float(a.hits.mean()),
        "accuracy_b": float(b.hits.mean()),
        "estimate": found.mean,
        "low": found.low,
        "high": found.high,
        "covers": IMAGES,
        "only_a": only_a,
        "only_b": only_b,
        "p_exact": test.exact,
        "p_mid": test.mid,
        "chi2": test.chi2,
        "p_chi2": test.chi2_p,
        **agreement(a, b)._asdict(),
    }


def readable_comparison(table: pd.DataFrame, asked: Sequence[str] = ()) -> pd.DataFrame:
    """The same for people: accuracies in percent, what the intervals cover in the note.

    Args:
        table: Of `compare`.
        asked: The params by which the sides were chosen.
    """
    points = 100 * table[["estimate", "low", "high"]]
    shown = pd.DataFrame(
        {
            "networks": table["networks"],
            "A (%)": table["accuracy_a"].map("{:.2%}".format).str.removesuffix("%"),
            "B (%)": table["accuracy_b"].map("{:.2%}".format).str.removesuffix("%"),
            "B − A (points)": [
                f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]"
                for mean, low, high in points.itertuples(index=False)
            ],
            "right: only A, only B": [
                "–" if math.isnan(a) else f"{a:.0f}, {b:.0f}"
                for a, b in zip(table["only_a"], table["only_b"], strict=True)
            ],
            "p (McNemar)": table["p_mid"].map(lambda p: "–" if math.isnan(p) else _p(p)),
            "equal (%)": table["equal"].map("{:.2%}".format).str.removesuffix("%"),
            "κ": table["kappa"].map(_two),
            "κ of errors": table["consistency"].map(_two),
        }
    )
    shown.attrs["note"] = _note(table, asked)
    return shown


def _note(table: pd.DataFrame, asked: Sequence[str]) -> str:
    a, b = table.attrs["titles"]
    images, covers = table.attrs["n_images"], table["covers"].iloc[0]
    together = table["networks"].iloc[0] == ALL_SEEDS
    first, second = table.attrs["n_seeds"]
    parts = [f"A: {a}. B: {b}. {images:,} test images.", *differences(table, asked)]
    if together:
        seeds = f"{first} seeds, paired" if table.attrs["paired"] else f"{first} and {second} seeds"
        parts.append(
            f"Brackets: 95 % interval; of all seeds over {covers} (crossed bootstrap, {seeds}), of "
            f"a pair of networks over {IMAGES}."
        )
        parts += few_units(min(first, second), "seeds")
    else:
        parts.append(
            f"Brackets: 95 % interval over {IMAGES}; with one seed it says nothing of others."
        )
    parts.append(
        "p: McNemar's test, mid-p, of two networks. equal: share of equal answers; κ: Cohen's; κ "
        "of errors: beyond what these accuracies alone make (1: the same images are wrong)."
    )
    if table.attrs["lacking"]:
        parts.append(f"Left out: {table.attrs['lacking']} runs without predictions.")
    return " ".join(parts)


def _p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _two(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"
