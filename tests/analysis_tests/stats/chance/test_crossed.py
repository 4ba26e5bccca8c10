"""Effects within every speaker of the test set: seeds and speakers are a sample together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.data.by_group import by_group
from analysis.errors import AnalysisError
from analysis.figures import forest
from analysis.stats.chance.crossed import crossed_table
from analysis.stats.effects import effects
from analysis.stats.readable import readable_effects
from analysis.store.artifacts import GroupHits
from tests.analysis_tests.conftest import make_runs
from tests.analysis_tests.figures.reading import all_texts

SAMPLES = 1000  # of a speaker


def drawn(random: np.random.Generator, seeds: int, groups: int, *spread: float) -> np.ndarray:
    """Differences whose truth is 0: chance of seeds, of groups and of both."""
    shapes = ((seeds, 1), (1, groups), (seeds, groups))
    return np.asarray(sum(s * random.normal(size=n) for s, n in zip(spread, shapes, strict=True)))


def test_the_statistic_is_clark_s_minimum_f() -> None:
    table = drawn(np.random.default_rng(0), 5, 6, 0.02, 0.01, 0.01) + 0.02
    by_seed, by_group = (stats.ttest_1samp(table.mean(axis=axis), 0) for axis in (1, 0))
    f1, f2 = by_seed.statistic**2, by_group.statistic**2
    minimum, freedom = f1 * f2 / (f1 + f2), (f1 + f2) ** 2 / (f1**2 / 5 + f2**2 / 4)
    found = crossed_table(table)
    assert (found.mean / found.error) ** 2 == pytest.approx(minimum)
    assert found.freedom == pytest.approx(freedom)
    assert found.difference_p == pytest.approx(stats.f.sf(minimum, 1, freedom))
    low, high = found.interval
    assert found.difference_p > by_group.pvalue and low < 0.02 < high
    # An interval of 90 % just reaches the margin at which the equivalence is decided.
    edge = abs(found.mean) + stats.t.ppf(0.95, freedom) * found.error
    assert found.equivalence_p(edge) == pytest.approx(0.05)


@pytest.mark.parametrize("spread", [(1.0, 0.3, 0.3), (0.3, 1.0, 0.3), (1.0, 1.0, 0.1)])
def test_without_an_effect_it_is_found_no_more_often_than_it_says(
    spread: tuple[float, ...],
) -> None:
    random, n = np.random.default_rng(1), 400
    tables = [drawn(random, 5, 6, *spread) for _ in range(n)]
    wrong = sum(crossed_table(table).difference_p < 0.05 for table in tables)
    assert wrong <= 0.05 * n + 2 * np.sqrt(0.05 * 0.95 * n)
    of_speakers = np.array(tables).mean(axis=1)
    alone = stats.ttest_1samp(of_speakers, 0, axis=1).pvalue < 0.05
    assert spread[0] < 1 or alone.sum() > 0.1 * n  # speakers alone would find one too often


def test_differences_without_chance_are_what_they_are() -> None:
    same, none = crossed_table(np.full((3, 4), 0.1)), crossed_table(np.zeros((3, 4)))
    assert (same.interval, same.difference_p) == ((same.mean, same.mean), 0.0)
    assert same.equivalence_p(0.2) == 0.0 and same.equivalence_p(0.05) == 1.0
    assert (none.difference_p, none.equivalence_p(0.01)) == (1.0, 0.0)


def runs(n_seeds: int = 4, pools: tuple[int, ...] = (1,)) -> pd.DataFrame:
    return make_runs(
        [
            {"group": f"{dynamics}{pool}", "dynamics": dynamics, "pool": pool, "seed": seed}
            for pool in pools
            for dynamics in ("lif", "alif")
            for seed in range(n_seeds)
        ]
    )


def heard(table: pd.DataFrame, speakers: int = 5) -> tuple[pd.DataFrame, str]:
    """The runs by speaker. ALIF has 3 points more; that of a seed and of a speaker differ."""
    kinds = dict(
        zip(table["run_id"], table[["dynamics", "seed"]].itertuples(index=False), strict=True)
    )

    def hits(run_id: str) -> GroupHits:
        dynamics, seed = kinds[run_id]
        gain = [(30 + 4 * seed + 3 * s) * (dynamics == "alif") for s in range(speakers)]
        base = [600 + 40 * s + 20 * seed for s in range(speakers)]
        counts = {str(s): (base[s] + gain[s], SAMPLES) for s in range(speakers)}
        return GroupHits("speaker", counts)

    return by_group(table, hits)


def test_an_effect_is_paired_within_speaker_and_seed() -> None:
    apart, kind = heard(runs())
    table = effects(apart, group=kind)
    (row,) = table.to_dict("records")
    assert row["factor"] == "dynamics" and row["test"] == "minimum F′"
    assert (row["n_seeds"], row["n_groups"], row["n_pairs"]) == (4, 5, 20)
    assert row["n_configurations"] == 1 and row["matched"] == 1.0
    assert row["estimate"] == pytest.approx((30 + 6 + 6) / SAMPLES)
    of_seeds, of_speakers = 4 * np.arange(4), 3 * np.arange(5)
    error = np.hypot(of_seeds.std(ddof=1) / 2, of_speakers.std(ddof=1) / np.sqrt(5)) / SAMPLES
    assert row["effect_size"] == pytest.approx(42 / of_speakers.std(ddof=1))
    found = crossed_table(np.add.outer(of_seeds, of_speakers) / SAMPLES + 0.03)
    assert found.error == pytest.approx(error)
    assert (row["low"], row["high"]) == pytest.approx(found.interval)
    shown = readable_effects(table)
    assert shown[["seeds", "speakers"]].to_numpy().tolist() == [["4", "5"]]
    texts = [text.get_text() for text in all_texts(forest(table))]
    assert "20 (1×4×5)" in texts
    assert any("configurations × seeds × speakers" in text.replace("\n", " ") for text in texts)


def test_several_configurations_are_averaged_and_a_speaker_is_no_factor() -> None:
    apart, kind = heard(runs(pools=(1, 2)))
    table = effects(apart, group=kind).set_index("factor")
    assert set(table.index) == {"dynamics", "pool"}
    assert table.loc["dynamics", "n_configurations"] == 2 and table.loc["pool", "p"] == 1.0
    assert table.loc["dynamics", "n_pairs"] == 40


def test_the_group_itself_is_no_factor() -> None:
    apart, kind = heard(runs())
    with pytest.raises(
        AnalysisError, match="speaker: is what the runs are paired within, not a fac"
    ):
        effects(apart, ["speaker"], group=kind)


def test_a_search_is_told_what_changed_and_that_is_not_the_speaker() -> None:
    apart, kind = heard(runs().assign(lr=range(8)))
    with pytest.raises(AnalysisError, match=r"no two runs differ in it alone \(lr change as well"):
        effects(apart, ["dynamics"], group=kind)


def test_within_a_speaker_its_seeds_are_the_sample() -> None:
    apart, kind = heard(runs())
    table = effects(apart, ["dynamics"], within=[kind], group=kind)
    assert len(table) == 5 and "n_groups" not in table and set(table["n_pairs"]) == {4}
    assert table["group"].tolist() == [f"speaker={s}" for s in range(5)]


def test_an_unfinished_run_is_counted_and_a_seed_without_its_partner_left_out() -> None:
    some = runs()
    some.loc[0, "state"] = "failed"
    apart, kind = heard(some)
    table = effects(apart, group=kind)
    assert table.attrs["left_out"] == {"failed": 1} and table["n_seeds"].tolist() == [3]


@pytest.mark.parametrize(
    ("seeds", "speakers", "told"),
    [(1, 5, "fewer than two seeds in all groups"), (4, 1, "one group only in common")],
)
def test_too_few_to_tell_chance_from_effect_is_told(seeds: int, speakers: int, told: str) -> None:
    apart, kind = heard(runs(seeds), speakers)
    with pytest.raises(AnalysisError, match=told):
        effects(apart, ["dynamics"], group=kind)
