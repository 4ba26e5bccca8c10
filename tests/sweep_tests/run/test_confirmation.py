"""A sweep and its confirmation, through the command line: real Ray, Optuna, MLflow and networks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from snn import registry
from sweep.results.result import Result
from sweep.spec.sources import load_sweep
from tests.sweep_tests.workplace import REFERENCE, Done, Workplace

TRIANGLE = Path(__file__).parents[2] / "plugins" / "triangle.py"
pytestmark = pytest.mark.usefixtures("ray_here")


@pytest.fixture(scope="module")
def cut_short(shared_place: Workplace, ray_here: None) -> tuple[str, Done]:
    """A search whose specification asks for a confirmation, cut short by its budget."""
    base = {"dataset": "digits", "epochs": 2, "n_steps": 10, "encoding": "constant"} | REFERENCE
    search = {"dynamics": ["lif", "alif"], "hidden": [32, 4]}
    confirm = {"top": 2, "seeds": [5, 6]}
    spec = shared_place.spec(base=base, search=search, sampler="grid", trials=None, confirm=confirm)
    return spec, shared_place.run("run", spec, "--budget", "{epochs: 9}")


@pytest.fixture(scope="module")
def searched(shared_place: Workplace, cut_short: tuple[str, Done]) -> tuple[Workplace, Done]:
    """The same, resumed without a budget, and what it printed."""
    spec, _ = cut_short
    return shared_place, shared_place.run("run", spec, "--resume")


def test_a_budget_ends_the_search_while_it_is_enough_for_the_confirmation(
    shared_place: Workplace, cut_short: tuple[str, Done]
) -> None:
    _, done = cut_short
    assert done.returncode == 0, done.stderr
    reason = "the budget of 9 epochs is used up, with 8 epochs kept for the confirmation"
    assert f"the search has ended: {reason}; with more of it, go on with: " in done.stderr
    assert "spikesweep run small.yaml --budget MORE --resume" in done.stderr
    (begun,) = shared_place.runs("small")
    assert begun.data.tags["spikesweep.state"] == "interrupted"
    (parent,) = shared_place.runs("small", "sweep")
    assert (parent.info.status, parent.data.tags["spikesweep.ended"]) == ("FINISHED", reason)


def test_with_the_same_budget_there_is_nothing_to_do_and_the_trial_waits(
    shared_place: Workplace, cut_short: tuple[str, Done]
) -> None:
    spec, _ = cut_short
    again = shared_place.run("run", spec, "--budget", "{epochs: 9}", "--resume")
    assert again.returncode == 0 and "Ray starts" not in again.stderr
    assert "nothing to do: the budget of 9 epochs is used up" in again.stderr
    (begun,) = shared_place.runs("small")
    assert begun.data.tags["spikesweep.state"] == "interrupted"


def test_a_search_goes_on_after_its_budget_and_trains_no_epoch_twice(
    searched: tuple[Workplace, Done],
) -> None:
    place, done = searched
    assert done.returncode == 0 and "the search has ended" not in done.stderr
    assert [place.epochs(run) for run in place.runs("small")] == [[1, 2]] * 4
    (parent,) = place.runs("small", "sweep")
    assert parent.data.tags["spikesweep.ended"] == ""


def test_run_trains_the_leaders_again_with_fresh_seeds(searched: tuple[Workplace, Done]) -> None:
    place, done = searched
    assert done.returncode == 0, done.stderr
    again = place.runs("small-confirm")
    assert {run.data.params["hidden"] for run in again} == {"32"}  # 4 neurons lead nothing
    assert sorted(run.data.params["seed"] for run in again) == ["5", "5", "6", "6"]
    assert {run.data.params["seed"] for run in place.runs("small")} == {"0"}


def test_it_prints_the_mean_and_of_two_seeds_both_values(searched: tuple[Workplace, Done]) -> None:
    place, done = searched
    table = done.stdout.split("confirmed")[1]
    for dynamics in ("lif", "alif"):
        tests = [
            run.data.metrics["test_accuracy"]
            for run in place.runs("small-confirm")
            if run.data.params["dynamics"] == dynamics
        ]
        low, high = (f"{100 * value:.2f}" for value in sorted(tests))
        assert f" {100 * sum(tests) / 2:.2f} ({low} and {high})" in table
    assert "searched val (%)" in table


def test_the_confirmation_is_a_valid_sweep_of_its_own(searched: tuple[Workplace, Done]) -> None:
    place, _ = searched
    plan = load_sweep(str(place.folder / "ray_results" / "small-confirm" / "1" / "spec.yaml"))
    config_ids = {run.data.tags["spikesweep.config_id"] for run in place.runs("small-confirm")}
    assert {config.config_id for config in plan.configs()} == config_ids
    assert "4 done" in place.run("show", "small-confirm").stdout
    assert place.run("table", "small-confirm").stderr == ""
    both = place.run("table", "small", "small-confirm").stderr
    assert "the figures to report are those of small-confirm alone" in both


def test_what_a_search_made_of_two_levels_is_compared_by_seed(
    searched: tuple[Workplace, Done],
) -> None:
    place, _ = searched
    tuned = place.run("effects", "small-confirm", "--tuned", "--factor", "dynamics")
    assert tuned.returncode == 0, tuned.stderr
    assert "lif → alif" in tuned.stdout and tuned.stderr == ""
    pooled = place.run("effects", "small", "small-confirm", "--tuned", "--factor", "dynamics")
    assert "the figures to report are those of small-confirm alone" in pooled.stderr


def test_the_same_again_runs_nothing_and_more_seeds_only_what_is_new(
    searched: tuple[Workplace, Done],
) -> None:
    place, _ = searched
    same = place.run("confirm", "small")  # as its specification asks
    assert same.returncode == 0, same.stderr
    assert len(place.runs("small-confirm", "sweep")) == 1
    more = place.run("confirm", "small", "--top", "1", "--seeds", "5,6,7")
    assert more.returncode == 0, more.stderr
    assert "2 reused of 3" in more.stderr
    (row,) = [line for line in more.stdout.splitlines() if "±" in line and "interval" not in line]
    assert row.split()[:2] == ["1", "3"]  # rank and fresh seeds; nothing varies


def test_every_size_may_have_a_leader_of_its_own(searched: tuple[Workplace, Done]) -> None:
    place, _ = searched
    done = place.run("confirm", "small", "--top", "1", "--each", "hidden", "--seeds", "5,6")
    assert done.returncode == 0, done.stderr
    assert "2 leaders of small × 2 fresh seeds" in done.stderr
    of_two = re.compile(r"\(\d+\.\d\d and \d")
    rows = [line.split() for line in done.stdout.splitlines() if of_two.search(line)]
    assert rows[0][0] == "1" and len(rows) == 2


def test_a_short_search_can_be_confirmed_by_longer_training(
    searched: tuple[Workplace, Done],
) -> None:
    place, _ = searched
    longer = ("confirm", "small", "--top", "2", "--seeds", "5,6", "--set", "epochs=3")
    done = place.run(*longer, "--set", "learn_beta=true")  # which a lif network does not have
    assert done.returncode == 0, done.stderr
    how = "with epochs=3, learn_beta=true"
    assert f"2 leaders of small × 2 fresh seeds {how}" in done.stderr
    assert f"leaders of small, confirmed {how}: mean" in done.stdout
    again = [run for run in place.runs("small-confirm") if run.data.params["epochs"] == "3"]
    assert sorted(run.data.params["seed"] for run in again) == ["5", "5", "6", "6"]
    assert {run.data.params.get("learn_beta") for run in again} == {None, "True"}
    assert {run.data.params["epochs"] for run in place.runs("small")} == {"2"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("dynamics=lif", "--set dynamics: is searched, and"),
        ("epoch=3", "--set epoch: unknown key; did you mean epochs?"),
        ("epochs=0", "--set epochs: "),
        ("epochs=true", "--set epochs: must not be true or false"),
        ("epochs=yes", "--set epochs: needs a whole number"),
        ("seed=3", "--set seed: belongs to the replicates"),
    ],
)
def test_what_cannot_be_changed_for_the_confirmation_is_one_line(
    searched: tuple[Workplace, Done], changed: str, told: str
) -> None:
    place, _ = searched
    done = place.run("confirm", "small", "--top", "2", "--seeds", "5,6", "--set", changed)
    assert done.returncode == 2
    assert told in done.stderr and len(done.stderr.splitlines()) == 1


def test_each_in_the_specification_holds_for_its_confirmation(shared_place: Workplace) -> None:
    base = {"dataset": "digits", "epochs": 2, "n_steps": 10, "encoding": "constant"} | REFERENCE
    plan = {"name": "sized", "base": base, "search": {"hidden": [32, 4], "lr": [1e-3, 2e-3]}}
    spec = shared_place.spec(**plan, each=["hidden"], trials=2, confirm={"top": 1, "seeds": [5, 6]})
    done = shared_place.run("run", spec)
    assert done.returncode == 0, done.stderr
    assert "2 leaders of sized × 2 fresh seeds" in done.stderr
    again = shared_place.run("confirm", "sized", "--top", "1", "--seeds", "5,6")
    assert "2 leaders of sized × 2 fresh seeds" in again.stderr
    assert "hidden: 2 kinds of 1\n" in shared_place.run("run", spec, "--dry-run").stdout


def test_a_pareto_search_from_elsewhere_has_members_of_its_front_confirmed(
    shared_place: Workplace, tmp_path: Path
) -> None:
    own = {"surrogate": "triangle"}
    base = (
        {"dataset": "digits", "epochs": 2, "n_steps": 10, "encoding": "constant"} | REFERENCE | own
    )
    metric = {"val_accuracy": "max", "synops_per_inference": "min"}
    plan = {"name": "front", "base": base, "search": {"hidden": [32, 16, 4]}, "metric": metric}
    plan["plugins"] = [str(TRIANGLE)]
    spec = shared_place.spec(**plan, sampler="grid", scheduler="none", trials=None)
    searched = shared_place.run("run", spec)
    assert searched.returncode == 0
    assert re.search(r"best val_accuracy 0\.\d+, synops_per_inference [\d.]+ \(", searched.stderr)
    meaning = "front: true where no other configuration is at least as good in val_accuracy (max)"
    assert meaning in searched.stdout and " of 3 are on the front." in searched.stdout
    best = shared_place.run("best", "front")
    assert "\nfront                true\n" in best.stdout
    assert meaning in best.stderr and "by: spikesweep show front\n" in best.stderr
    result = Result("front", _tracking_uri=shared_place.store)
    leaders = result.leaders
    taken = [result.best(leader=place).config.hidden for place in (1, 2, 3)]
    assert taken == [(hidden,) for hidden in leaders["hidden"]]
    assert result.table(top=3).split("\n")[-1].split()[0] == "3"
    assert leaders["front"].iloc[0] and "synops_per_inference_mean" in leaders
    assert shared_place.run("export-runs", "front", "-o", "front.parquet").returncode == 0
    elsewhere = Workplace(tmp_path)
    registry.use(registry.OURS)  # as in a process of its own
    assert elsewhere.run("import-runs", str(shared_place.folder / "front.parquet")).returncode == 0
    assert "hidden" in elsewhere.run("table", "front", "--format", "csv").stdout  # without its file
    drawn = elsewhere.run("figure", "bars", "front", "--by", "hidden", "-o", "bars.svg")
    assert drawn.returncode == 0, drawn.stderr
    confirm = ("confirm", "front", "--top", "2", "--seeds", "5,6")
    refused = elsewhere.run(*confirm)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "needs triangle.py (SHA-256 " in refused.stderr
    assert "which is not here; name it: --plugin FILE" in refused.stderr
    try:
        done = elsewhere.run(*confirm, "--plugin", str(TRIANGLE))
    finally:
        registry.use(registry.OURS)
    assert done.returncode == 0, done.stderr
    sizes = {run.data.params["hidden"] for run in elsewhere.runs("front-confirm")}
    assert len(sizes) == 2 and "4" in sizes  # the cheapest is the last by accuracy
    assert "synops per inference" in done.stdout
    assert "front" in done.stdout and " of 2 are on the front." in done.stdout
    again = elsewhere.run("show", "front-confirm").stdout
    assert "synops per" in again and meaning in again and " of 2 are on the front." in again


def test_one_seed_confirms_nothing(searched: tuple[Workplace, Done]) -> None:
    place, _ = searched
    done = place.run("confirm", "small", "--seeds", "5")
    assert done.returncode == 2
    assert "--seeds 5: needs two whole numbers or more" in done.stderr


def test_a_seed_of_the_search_is_refused(searched: tuple[Workplace, Done]) -> None:
    place, _ = searched
    done = place.run("confirm", "small", "--seeds", "0,1")
    assert done.returncode == 2
    assert "the search has used 0, and chose by it" in done.stderr
    assert len(done.stderr.splitlines()) == 1
