"""Two configurations image by image: beside statsmodels, scikit-learn, and by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import mcnemar as of_statsmodels

from analysis.errors import AnalysisError
from analysis.predictions.record import Predictions
from analysis.report.tables import summarise
from analysis.stats.images.accuracy import over_images
from analysis.stats.images.agreement import agreement
from analysis.stats.images.comparison import (
    ALL_SEEDS,
    Side,
    compare,
    leader,
    readable_comparison,
    side,
)
from analysis.stats.images.crossed_bootstrap import BOTH, IMAGES
from analysis.stats.images.mcnemar import mcnemar
from analysis.stats.images.unlike import differences, to_hold_equal
from analysis.text.typeset import caption, printed
from tests.analysis_tests.conftest import make_runs
from tests.analysis_tests.predictions.test_file import answers

N = 300


def network(seed: int, accuracy: float, data: str = "d" * 64) -> Predictions:
    labels = np.arange(N) % 10
    wrong = np.random.default_rng(seed).random(N) > accuracy
    return answers(labels.tolist(), np.where(wrong, (labels + 1) % 10, labels).tolist(), data)


def of(title: str, accuracy: float, seeds: Sequence[int], data: str = "d" * 64) -> Side:
    networks = {seed: network(seed + 100 * len(title), accuracy, data) for seed in seeds}
    return Side(title, title, networks)


@pytest.mark.parametrize(("b", "c"), [(0, 1), (3, 9), (9, 3), (5, 5), (40, 22), (1, 0), (120, 90)])
def test_mcnemars_test_is_that_of_statsmodels(b: int, c: int) -> None:
    found, table = mcnemar(b, c), [[500, b], [c, 20]]
    assert found.exact == pytest.approx(of_statsmodels(table, exact=True).pvalue, abs=1e-9)
    theirs = of_statsmodels(table, exact=False, correction=True)
    assert found.chi2 == pytest.approx(theirs.statistic, abs=1e-9)
    assert found.chi2_p == pytest.approx(theirs.pvalue, abs=1e-9)


def test_the_mid_p_is_the_one_computed_by_hand() -> None:
    # 2 and 4 of 6: 2 · (1 + 6 + 15 / 2) / 64; of 3 and 3, 1; without any, 1.
    assert mcnemar(2, 4).mid == pytest.approx(2 * (1 + 6 + 15 / 2) / 64)
    assert mcnemar(3, 3).mid == pytest.approx(1)
    assert mcnemar(0, 0)[:2] == (1, 1) and math.isnan(mcnemar(0, 0).chi2)


def test_the_agreement_is_cohens_and_geirhos() -> None:
    a, b = network(1, 0.9), network(2, 0.8)
    found = agreement(a, b)
    assert found.equal == np.mean(a.predicted == b.predicted)
    assert found.kappa == pytest.approx(cohen_kappa_score(a.predicted, b.predicted))
    assert found.consistency == pytest.approx(cohen_kappa_score(a.hits, b.hits), abs=0.02)
    # By hand: accuracies 3/4 and 1/2, both right or both wrong on 3 of 4; 1/2 is expected.
    four = agreement(answers([0, 1, 2, 3], [0, 1, 2, 0]), answers([0, 1, 2, 3], [0, 1, 0, 1]))
    assert four.consistency == pytest.approx((3 / 4 - 1 / 2) / (1 / 2))
    assert agreement(a, a)[0:3:2] == (1, 1)


def test_all_seeds_stand_above_the_pairs_of_networks() -> None:
    table = compare(of("a", 0.8, [0, 1, 2, 3]), of("bb", 0.9, [0, 1, 2, 3]))
    assert table["networks"].tolist() == [ALL_SEEDS, "seed 0", "seed 1", "seed 2", "seed 3"]
    assert table["covers"].tolist() == [BOTH] + [IMAGES] * 4
    whole, pairs = table.iloc[0], table.iloc[1:]
    assert whole["estimate"] == pytest.approx(whole["accuracy_b"] - whole["accuracy_a"])
    assert whole["estimate"] == pytest.approx(pairs["estimate"].mean())
    assert whole["equal"] == pytest.approx(pairs["equal"].mean())
    assert (pairs["only_b"] - pairs["only_a"]).tolist() == pytest.approx(
        (pairs["estimate"] * N).tolist()
    )
    assert table.attrs["paired"] and whole["low"] < 0.1 < whole["high"]


def test_configurations_of_other_seeds_are_independent() -> None:
    table = compare(of("a", 0.8, [0, 1]), of("bb", 0.9, [5, 6, 7]))
    assert table["networks"].tolist() == [ALL_SEEDS, "seeds 0 and 5", "seeds 1 and 6"]
    assert not table.attrs["paired"]
    note = readable_comparison(table).attrs["note"]
    assert "over seeds and test images (crossed bootstrap, 2 and 3 seeds)" in note


def test_one_seed_covers_its_images_and_says_so() -> None:
    table = compare(of("a", 0.8, [0]), of("bb", 0.9, [0]))
    assert table["covers"].tolist() == [IMAGES]
    assert (
        "95 % interval over test images; with one seed" in readable_comparison(table).attrs["note"]
    )


def test_only_networks_that_were_tested_on_the_same_images_are_compared() -> None:
    with pytest.raises(AnalysisError, match=r"a and bb: tested on different images \(data ddd"):
        compare(of("a", 0.8, [0]), of("bb", 0.9, [0], data="e" * 64))
    with pytest.raises(AnalysisError, match="are the same configuration"):
        compare(of("a", 0.8, [0]), of("a", 0.9, [0]))


def reader(known: Mapping[str, Predictions]):  # type: ignore[no-untyped-def]
    def read(run_id: str) -> Predictions:
        if run_id not in known:
            raise AnalysisError(f"{run_id} has none")
        return known[run_id]

    return read


def runs() -> pd.DataFrame:
    return make_runs(
        [
            {"group": group, "code": group.upper(), "seed": seed, "best_val_accuracy": accuracy}
            for group, accuracy in (("x", 0.8), ("y", 0.9))
            for seed in range(3)
        ]
    )


def test_the_best_configuration_by_validation_is_taken_or_the_one_that_is_named() -> None:
    assert set(leader(runs(), {})["group_id"]) == {"y"}
    assert leader(runs(), {"code": "X"})["run_id"].tolist() == ["run0", "run1", "run2"]
    with pytest.raises(AnalysisError, match="no run has code=Z; there are X, Y"):
        leader(runs(), {"code": "Z"})


@pytest.mark.parametrize("written", ["true", "True", "TRUE"])
def test_values_are_taken_as_tables_and_files_write_them(written: str) -> None:
    rows = [
        {"group": str(on), "recurrent": on, "lr": 0.00123456 if on else 0.01, "seed": 0}
        for on in (True, False)
    ]
    table = make_runs(rows)
    assert leader(table, {"recurrent": written})["recurrent"].tolist() == [True]
    for number in ("0.00123456", "1.23456e-3", "0.001235"):
        assert leader(table, {"lr": number})["recurrent"].tolist() == [True]
    with pytest.raises(AnalysisError, match="no run has recurrent=yes; there are false, true"):
        leader(table, {"recurrent": "yes"})


def test_what_two_configurations_differ_in_is_said_first() -> None:
    one, other = of("a", 0.8, [0, 1]), of("bb", 0.9, [0, 1])
    one = replace(one, params={"code": "latency", "lr": "0.01", "hidden": "64"})
    other = replace(other, params={"code": "rate", "lr": "0.003", "hidden": "64"})
    table = compare(one, other)
    told = "A and B differ in code (latency and rate), lr (0.01 and 0.003)."
    whole = "The difference is that of the whole configurations, not of"
    assert differences(table) == [told, f"{whole} any one of these alone."]
    assert differences(table, ["code"]) == [told, f"{whole} code alone."]
    assert f"{N} test images. {told}" in readable_comparison(table).attrs["note"]
    alike = compare(one, replace(other, params={**one.params, "code": "rate"}))
    assert differences(alike, ["code"]) == ["A and B differ in code (latency and rate)."]


def test_a_key_of_both_sides_is_named_once_and_the_others_can_be_held_equal() -> None:
    one, other = of("a", 0.8, [0, 1]), of("bb", 0.9, [0, 1])
    one = replace(one, params={"dynamics": "lif", "recurrent": "true", "beta": "–"})
    other = replace(other, params={"dynamics": "alif", "recurrent": "false", "beta": "0.1"})
    table, asked = compare(one, other), ["dynamics", "dynamics"]
    told = "The difference is that of the whole configurations, not of dynamics alone."
    assert differences(table, asked)[1:] == [told]
    assert readable_comparison(table, asked).attrs["note"].count(told) == 1
    hint = "add recurrent=true to both sides to hold it equal"  # beta has no effect in one
    assert to_hold_equal(table, asked) == hint
    assert to_hold_equal(table, []) == to_hold_equal(table, ["dynamics", "recurrent"]) == ""


def test_two_seeds_say_why_the_interval_is_so_wide() -> None:
    table = compare(of("a", 0.8, [0, 1]), of("bb", 0.9, [0, 1]))
    why = (
        "With 2 seeds an interval is wide: 9.0 standard deviations to each side; with 5 it is 1.2."
    )
    assert why in readable_comparison(table).attrs["note"]


def test_runs_without_predictions_are_counted_and_none_is_an_error() -> None:
    known = {f"run{seed}": network(seed, 0.8) for seed in (0, 2)}
    found = side("x", leader(runs(), {"code": "X"}), reader(known))
    assert (list(found.networks), found.lacking) == ([0, 2], 1)
    with pytest.raises(AnalysisError, match=r"y: its networks' answers .* \(run3 has none\)"):
        side("y", leader(runs(), {}), reader(known))


def test_a_table_has_intervals_over_seeds_and_images_and_says_so() -> None:
    known = {f"run{seed}": network(seed, 0.8) for seed in range(3)}
    plain = summarise(runs())
    table = over_images(plain, runs(), reader(known))
    widths = table["test_accuracy_ci95"]
    assert widths["x"] > 1.96 * np.sqrt(0.16 / N) / 3 and math.isnan(widths["y"])
    assert plain["test_accuracy_ci95"]["x"] == 0  # the accuracies of the table do not vary
    told = caption(table)
    assert (
        "over seeds and test images" in told
        and "Without predictions, so without it: 1 of 2." in told
    )
    assert "on these test images" in caption(plain)
    assert "With 3 seeds an interval is wide: 2.5 standard deviations" in told
    with pytest.raises(AnalysisError, match="run3 has none"):
        over_images(plain, runs(), reader({}))


def test_of_two_seeds_the_interval_over_images_is_printed_and_not_taken_for_two_values() -> None:
    two = runs()[runs()["seed"] < 2]
    known = {f"run{number}": network(number, 0.8) for number in range(6)}
    table = over_images(summarise(two), two, reader(known))
    width = table["test_accuracy_ci95"]["x"]
    shown = printed(table).iloc[list(table.index).index("x")]
    assert shown["test accuracy (%)"].endswith(f" ± {100 * width:.2f}")
    assert " and " in shown["val accuracy (%)"]
    assert "Where n is 2, both values of the validation accuracy" in caption(table)
