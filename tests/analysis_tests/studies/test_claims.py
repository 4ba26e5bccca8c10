"""The published claims on runs whose truth is known."""

from __future__ import annotations

import inspect
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.errors import AnalysisError
from analysis.stats.margins import MARGIN, Margin
from analysis.stats.readable import readable_claims
from analysis.studies.claims import CLAIMS, claims
from analysis.studies.published import published_results
from sweep.commands.comparing.claims import claims as claims_command
from sweep.commands.comparing.effects import effects as effects_command
from tests.analysis_tests.conftest import make_runs


def figures(
    seeds: int = 3, *, std: float = 0.001, preset: str = "published", **effects: float
) -> list[dict[str, Any]]:
    """The two grids with 100 and 200 neurons; effects of alif, recurrent, periodic, size."""
    generator = np.random.default_rng(7)
    return [
        {
            "group": f"{preset}{d}{n}{r}{e}{h}",
            "preset": preset,
            "dataset": d,
            "dynamics": n,
            "recurrent": r,
            "encoding": e,
            "hidden": h,
            "learn_beta": False if n == "alif" else None,
            "epochs": 15,
            "seed": seed,
            "test_accuracy": 0.8
            + effects.get("alif", 0) * (n == "alif")
            + effects.get("recurrent", 0) * r
            + effects.get("periodic", 0) * (e == "periodic")
            + effects.get("size", 0) * (h == 200)
            + generator.normal(0, std),
        }
        for d, n, r, e, h in product(
            ("mnist", "fashion_mnist"),
            ("lif", "alif"),
            (False, True),
            ("latency", "periodic"),
            (100, 200),
        )
        for seed in range(seeds)
    ]


def verdicts(rows: list[dict[str, Any]], **options: float) -> dict[str, str]:
    table = claims(make_runs(rows), **options)
    return dict(zip(table["claim"], table["verdict"], strict=True))


def test_true_claims_hold() -> None:
    found = verdicts(figures(alif=0.1, recurrent=-0.45, periodic=-0.15, size=0.001))
    for claim in ("alif-over-lif", "recurrence-hurts", "periodic-hurts", "size-does-not-matter"):
        assert found[claim] == "holds"
    assert found["fashion-fewer-neurons"] == "does not hold"


def test_what_the_study_proposes_is_not_among_the_networks_of_its_other_claims() -> None:
    proposed = [
        row | {"group": f"proposed {row['group']}", "hidden": 128}
        for row in figures(periodic=0.3)
        if (row["dataset"], row["dynamics"], row["hidden"]) == ("fashion_mnist", "alif", 100)
    ]
    alone = claims(make_runs(figures(periodic=-0.15))).set_index("claim")
    beside = claims(make_runs(figures(periodic=-0.15) + proposed)).set_index("claim")
    for table in (alone, beside):
        assert table.loc["periodic-hurts", "n_configurations"] == 16
    pd.testing.assert_series_equal(alone["estimate"], beside["estimate"])


def test_a_change_of_another_size_holds_in_direction_only() -> None:
    found = verdicts(figures(recurrent=-0.2, periodic=-0.15))
    assert found["recurrence-hurts"] == "holds in direction, not in size"
    assert found["periodic-hurts"] == "holds"


def test_a_verdict_that_rests_on_copies_of_networks_has_a_note() -> None:
    """Eight networks gain so differently that eight of them decide nothing, but sixteen do."""
    gains = 0.3 + 0.25 * stats.norm.ppf((np.arange(8) + 0.5) / 8) / 0.93
    kinds = list(product((False, True), ("latency", "periodic"), (100, 200)))

    def runs(shift: int) -> list[dict[str, Any]]:
        found = figures(recurrent=-0.1)
        for row in found:
            if row["dynamics"] == "alif":
                kind = kinds.index((row["recurrent"], row["encoding"], row["hidden"]))
                other = shift * (row["dataset"] == "mnist")
                row["test_accuracy"] += gains[(kind + other) % 8]
        return found

    alike, apart = (claims(make_runs(runs(shift))).set_index("claim") for shift in (0, 4))
    for table in (alike, apart):
        assert table.loc["recurrence-hurts", "note"] == ""
    note = "undecided over the 8 networks alone"
    assert alike.loc["alif-over-lif", ["n_configurations", "verdict", "note"]].tolist() == [
        16,
        "holds",
        note,
    ]
    assert apart.loc["alif-over-lif", "note"] == ""


def test_configurations_of_one_seed_do_not_count_as_replicated_by_others() -> None:
    rows = figures(recurrent=-0.45)
    few = [
        row for row in rows if row["seed"] == 0 or (row["dataset"], row["hidden"]) == ("mnist", 100)
    ]
    table = claims(make_runs(few)).set_index("claim")
    assert table.loc["periodic-hurts", "verdict"] == "untested"
    assert "one seed only in 12 of 16" in table.loc["periodic-hurts", "note"]


def test_wrong_claims_do_not_hold() -> None:
    found = verdicts(figures(alif=-0.1, recurrent=0.0, periodic=0.02, size=0.05))
    for claim in ("alif-over-lif", "recurrence-hurts", "periodic-hurts", "size-does-not-matter"):
        assert found[claim] == "does not hold"


def test_noise_decides_nothing_and_the_number_of_runs_that_would_is_told() -> None:
    rows = figures(std=0.1, alif=0.04)
    table = claims(make_runs(rows)).set_index("claim")
    row = table.loc["alif-over-lif"]
    assert row["verdict"] == "undecided"
    further = int(row["further_runs"].split()[0])
    assert further > 0
    seeds = 3 + 2 * -(-further // 32)  # of 32 configurations; twice as many: to be sure
    assert verdicts(figures(seeds, std=0.1, alif=0.04))["alif-over-lif"] == "holds"


def test_claims_and_effects_judge_by_one_margin_and_say_it() -> None:
    rows = figures(size=0.007)  # less than a point, more than half a point
    table = claims(make_runs(rows)).set_index("claim")
    assert table.loc["size-does-not-matter", "verdict"] == "does not hold"
    assert set(table["margin"]) == {MARGIN} == {0.005}
    assert "verdict (±0.5 points)" in readable_claims(table.reset_index())
    wider = claims(make_runs(rows), margin=0.01).set_index("claim")
    assert wider.loc["size-does-not-matter", "verdict"] == "holds"
    for command in (effects_command, claims_command):
        default = inspect.signature(command).parameters["margin"].default
        text = default[0] if isinstance(default, list) else default
        assert Margin.parse(text) == Margin(MARGIN)


def test_every_preset_has_its_own_verdicts_beside_the_published_figure() -> None:
    rows = figures(recurrent=-0.45) + figures(preset="default", recurrent=0.0)
    table = claims(make_runs(rows)).set_index(["claim", "preset"])
    published, ours = (table.loc[("recurrence-hurts", p)] for p in ("published", "default"))
    assert (published["verdict"], ours["verdict"]) == ("holds", "does not hold")
    assert published["published"] == ours["published"] == -0.45
    assert published["published_bars"] == pytest.approx(-0.4489, abs=1e-4)
    assert published["estimate"] == pytest.approx(-0.45, abs=0.002)


def best_fashion(*accuracies: float) -> list[dict[str, Any]]:
    row = {"group": "g", "preset": "published", "dataset": "fashion_mnist", "dynamics": "alif"}
    row |= {"recurrent": False, "encoding": "latency", "hidden": 100, "learn_beta": False}
    return [
        row | {"epochs": 15, "seed": seed, "test_accuracy": accuracy}
        for seed, accuracy in enumerate(accuracies)
    ]


@pytest.mark.parametrize(
    ("accuracies", "verdict"),
    [
        ((0.819, 0.820, 0.821), "holds"),
        ((0.70, 0.702, 0.701), "does not hold"),
        ((0.75, 0.88, 0.81), "undecided"),
    ],
)
def test_a_figure_is_reached_when_the_mean_is_not_below_it_by_the_margin(
    accuracies: tuple[float, ...], verdict: str
) -> None:
    table = claims(make_runs(best_fashion(*accuracies))).set_index("claim")
    row = table.loc["best-fashion"]
    assert row["verdict"] == verdict
    expected = stats.t.interval(0.95, 2, np.mean(accuracies), stats.sem(accuracies))
    assert (row["low"], row["high"]) == pytest.approx(expected, abs=1e-9)
    alone = stats.ttest_1samp(accuracies, 0.8194 - MARGIN, alternative="greater").pvalue
    assert row["p_for"] == pytest.approx(min(1.0, 9 * alone), abs=1e-9)  # of nine claims
    assert (row["further_runs"] != "") == (verdict == "undecided")


def test_the_baseline_without_spikes_belongs_to_no_preset() -> None:
    mlp = [
        {"group": "m", "dataset": "mnist", "dynamics": "mlp", "hidden": 128, "preset": None}
        | {"seed": seed, "test_accuracy": 0.978 + seed / 1e3}
        for seed in range(3)
    ]
    table = claims(make_runs(figures() + mlp)).set_index("claim")
    assert table.loc["mlp-mnist", "verdict"] == "holds"
    assert table.loc["mlp-mnist", "preset"] == "none"
    assert table.loc["mlp-fashion", "verdict"] == "untested"


def test_what_was_not_run_is_named_with_the_sweep_that_would_test_it() -> None:
    table = claims(make_runs(best_fashion(0.8, 0.81))).set_index("claim")
    assert len(table) == sum(claim.dynamics != ("mlp",) for claim in CLAIMS)
    assert "published-mnist-128" in table.loc["best-mnist", "note"]
    one_seed = claims(make_runs(best_fashion(0.8))).set_index("claim")
    assert "one seed only" in one_seed.loc["best-fashion", "note"]
    shown = readable_claims(one_seed)
    assert shown.notna().all(axis=None)


def test_runs_that_cannot_test_anything_are_refused() -> None:
    failed = make_runs([{"group": "g", "dynamics": "lif", "state": "failed"}])
    with pytest.raises(AnalysisError, match="nothing finished"):
        claims(failed)
    with pytest.raises(AnalysisError, match="no param 'dynamics'"):
        claims(make_runs([{"group": "g"}]))


def test_every_claim_that_names_sweeps_names_bundled_ones() -> None:
    from importlib.resources import files

    bundled = {path.name for path in files("sweep.spec").joinpath("bundled").iterdir()}
    assert {f"{name}.yaml" for claim in CLAIMS for name in claim.sweeps} <= bundled


def test_the_estimates_from_the_published_bars_are_means_of_paired_differences() -> None:
    bars = published_results()
    bars = bars[bars["figure"] != "MNIST_precision_128N"]
    by_size = bars.groupby("hidden")["test_accuracy"].mean()
    table = claims(make_runs(figures())).set_index("claim")
    expected = by_size[200] - by_size[100]
    found = pd.to_numeric(table["published_bars"])["size-does-not-matter"]
    assert found == pytest.approx(expected, abs=1e-9)
