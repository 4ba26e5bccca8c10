"""Simulated sweeps: what must be true of every one, and that the clock is right.

The 200 of them: `python -m tests.benchmarks.replay.properties digits`.
"""

from __future__ import annotations

import pytest

from tests.benchmarks.replay.clock import Run, Search, simulate
from tests.benchmarks.replay.contenders.naming import NamedBy, seven_epochs, truth
from tests.benchmarks.replay.contenders.ours import OurSearch
from tests.benchmarks.replay.contenders.stock import StockTune
from tests.benchmarks.replay.early import correlations
from tests.benchmarks.replay.pairs import difference, pair_rows
from tests.benchmarks.replay.properties import broken
from tests.benchmarks.replay.record import CURVES, points, space_of
from tests.benchmarks.replay.tables import Key, Table

TABLE, WORKERS = "digits", 4


@pytest.fixture(scope="module")
def table() -> Table:
    return Table(TABLE)


def test_a_table_has_every_point_of_its_space_with_every_seed_and_epoch(table: Table) -> None:
    wanted = {(table.key(point.assignment), point.seed) for point in points(space_of(TABLE))}
    found = [(key, seed) for key, seeds in table.trainings.items() for seed in seeds]
    assert set(found) == wanted and len(found) == len(wanted)
    epochs = {
        len(curve)
        for seeds in table.trainings.values()
        for training in seeds.values()
        for curve in training.curves.values()
    }
    assert epochs == {table.sweep.base["epochs"]}


@pytest.mark.parametrize("scheduler", ["asha", "promote", "race", "none"])
@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_leaders_have_all_seeds_and_the_best_is_that_of_the_study(
    table: Table, scheduler: str, sampler: str
) -> None:
    for seed in range(2):
        plan = {"seeds": [0, 1, 2], "scheduler": scheduler, "sampler": sampler, "trials": 12}
        search = OurSearch(table, seed, WORKERS, plan)
        assert simulate(search, WORKERS, epochs=10_000).named
        assert broken(search) == []


def test_so_they_do_before_the_end_of_the_sweep(table: Table) -> None:
    plan = {"seeds": [0, 1, 2], "scheduler": "race", "trials": 20}
    for seed, epochs in ((2, 300), (1, 400)):
        search = OurSearch(table, seed, WORKERS, plan)
        simulate(search, WORKERS, epochs)
        assert broken(search) == []


def test_a_search_stops_at_its_budget_and_names_only_what_it_trained(table: Table) -> None:
    search = StockTune(table, seed=0)
    trace = simulate(search, WORKERS, epochs=120)
    assert trace.spent == 120 == sum(run.epoch for run in search.controller.runs.values())
    trained = {run.key for run in search.controller.runs.values() if run.epoch}
    assert {key for named in trace.named for key in named} <= trained
    assert trace.epochs == sorted(trace.epochs)


def test_ours_names_what_trains_and_is_ahead_before_anything_is_done(table: Table) -> None:
    search = OurSearch(table, 0, WORKERS)
    trace = simulate(search, WORKERS, epochs=60)
    live = [run for run in search.begun if run.epoch and not run.over]
    assert live and not any(run.complete for run in live)
    assert any(run.over for run in search.begun)  # some were pruned

    def latest(run: Run) -> float:
        return run.training.result(run.epoch)["val_accuracy"]

    assert len(trace.named) > 1
    assert search.named() == [max(live, key=latest).key]


def test_another_rule_of_naming_changes_no_search_and_the_truth_is_the_best_rule(
    table: Table,
) -> None:
    searches = [NamedBy(table, 0, WORKERS, score) for score in (seven_epochs, truth)]
    for search in searches:
        simulate(search, WORKERS, epochs=250)
    assert [run.key for run in searches[0].begun] == [run.key for run in searches[1].begun]
    done = [run for run in searches[0].begun if run.complete]
    best = max(done, key=lambda run: seven_epochs(table, run))
    assert searches[0].named() == [best.key]
    assert table.truth[searches[1].named()[0]] == max(table.truth[run.key] for run in done)
    curve, at = best.training.curves["val_accuracy"], best.training.best_epoch - 1
    around = curve[max(at - 3, 0) : at + 4]
    assert seven_epochs(table, best) == pytest.approx(sum(around) / len(around))


def test_trainings_report_in_the_order_of_their_recorded_times(table: Table) -> None:
    class Both(Search):
        """Starts the slowest and the fastest training, and watches."""

        def __init__(self) -> None:
            ranked = sorted(table.trainings, key=lambda key: table.trainings[key][0].seconds)
            self.left = [Run(key, 0, table.trainings[key][0]) for key in (ranked[-1], ranked[0])]
            self.ended: list[Run] = []

        def ask(self) -> Run | None:
            return self.left.pop(0) if self.left else None

        def tell(self, run: Run) -> bool:
            if run.complete:
                self.ended.append(run)
            return not run.complete

        def named(self) -> list[Key]:
            return [run.key for run in self.ended[-1:]]

    both = Both()
    slow, fast = both.left
    trace = simulate(both, workers=2, epochs=10_000)
    assert both.ended == [fast, slow]
    assert trace.spent == slow.training.epochs + fast.training.epochs
    assert trace.seconds == pytest.approx([fast.training.seconds, slow.training.seconds])


def test_the_truth_is_the_mean_over_the_seeds_and_the_top_its_best_hundredth(table: Table) -> None:
    key, seeds = next(iter(table.trainings.items()))
    assert table.truth[key] == pytest.approx(sum(t.test_accuracy for t in seeds.values()) / 3)
    rest = [value for key, value in table.truth.items() if key not in table.top]
    assert len(table.top) == round(0.01 * len(table.truth))
    assert min(table.truth[key] for key in table.top) >= max(rest)
    assert table.hypervolume(table.trainings) == 1.0
    assert 0 < table.hypervolume(list(table.trainings)[:9]) < 1
    assert CURVES[0] == "val_accuracy"
    second = Table(TABLE, first=1)
    assert [second.trainings[key][seed] for seed in (0, 1, 2)] == [seeds[n] for n in (1, 2, 0)]
    assert second.truth == pytest.approx(table.truth)


def test_a_schedule_that_starts_slowly_makes_early_epochs_worthless(table: Table) -> None:
    constant, one_cycle = (correlations(table, "lr_schedule", v) for v in ("constant", "one_cycle"))
    assert constant[2] > 0.5 and abs(one_cycle[2]) < 0.1  # epoch 3, as the page has it
    assert constant[-1] > 0.9 and one_cycle[-1] > 0.9


def test_pairs_are_of_searches_with_the_same_seed_and_only_where_both_had_named_something() -> None:
    def line(contender: str, seed: int, epoch: int, truth: float) -> dict[str, object]:
        later = {"epochs": [epoch, 500], "truth": [truth, 0.5], "spent": 500}
        return {"contender": contender, "seed": seed, **later}

    lines = [
        *(line("ours", seed, 100, truth) for seed, truth in ((0, 0.92), (1, 0.97), (2, 0.99))),
        *(line("other", seed, at, 0.9) for seed, at in ((3, 100), (2, 300), (1, 150), (0, 200))),
    ]
    found = difference(lines, "ours", "other", 200)
    # 2 and 7 points: the mean is 4.5, its standard error 2.5, and t with one degree is 12.706.
    assert (found.pairs, found.searches) == (2, 3)
    assert found.mean == pytest.approx(4.5) and found.half_width == pytest.approx(2.5 * 12.7062)
    assert str(difference(lines, "other", "ours", 200)) == "-4.50 ± 31.77 (2)"
    assert difference(lines, "ours", "other", 300).mean == pytest.approx(6.0)
    assert str(difference(lines, "ours", "other", 150)) == str(difference([], "a", "b", 9)) == "–"
    assert difference(lines, "ours", "other", 501).searches == 0
    assert pair_rows(lines, "ours", [], [500])[1:] == [["other", "3", "0.00 ± 0.00"]]
