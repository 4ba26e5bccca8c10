"""What is wrong in a specification is told in a line a mistake, which says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.errors import SpecError
from sweep.spec.sources import load_sweep
from tests.sweep_tests.spec.written import changed, write

LEARNED = {
    "dynamics": ["lif", "alif"],
    "learn_beta": {"choice": [False, True], "when": {"dynamics": "alif"}},
}


BAD: list[tuple[str, str]] = [
    ("", "needs keys and values"),
    ("[1, 2]", "needs keys and values"),
    ("name: [", "line 1"),
    ("name: a\nname: b\n", "stands twice"),
    ("\t", "line 1"),
    ('name: a\ndescription: "does: it\nbase: {}\n', "line 2, column 14: this quote is not closed"),
    (
        "name: a\ndescription: does: it\n",
        "line 2, column 18: a second key in a line; a text with ': '",
    ),
    (
        "name: a\nbase:\n\tdataset: digits\n",
        "line 3, column 1: a tab; lines are indented with spaces",
    ),
    (changed(lr=1), "lr: is a key of one run; it belongs in base (fixed) or search (varied)"),
    (changed(trials=0), "trials: must be at least 1, got 0"),
    ("base: {dataset: digits}\nsearch: {lr: [1, 2]}\n", "name: is missing"),
    (changed(name="has space"), "name:"),
    (changed(name="old.parquet"), "name: 'old.parquet' reads like a file of runs"),
    (changed(nmae="x"), "nmae: unknown key"),
    (changed(base={"dataset": "cifar"}), "base.dataset:"),
    (changed(base={"hiden": 3}), "did you mean hidden?"),
    (changed(base={"dataset": "shd@speaker=1"}), "latency takes images, and the data set shd@s"),
    (changed(base={"dataset": "./a.h5.gz"}), "latency takes images, and the data set ./a.h5.gz"),
    (changed(base={"encoding": "events"}), "events takes events, and the data set mnist has imag"),
    (
        changed(base={"dynamics": "brf", "resonance": 90}, search={"lr": [1]}),
        "base.resonance: 90 is",
    ),
    (
        changed(search={"dynamics": ["lif", "brf"], "resonance": [40, 90]}),
        "resonance: 90 is too hi",
    ),
    (
        changed(base={"dynamics": "brf"}, search={"dt": [1, 2], "resonance": {"float": [9, 50]}}),
        "resonance: 50 is too high for time steps of 2 ms (dt); allowed is at most 42.9",
    ),
    (changed(base={"dataset": "shf@speaker=1"}), "base.dataset:"),
    (changed(base={"seed": 3}), "use seeds"),
    (changed(base={"lr": 1e-3}), "search.lr: stands in base, too"),
    (changed(base={"epochs": 0}), "base.epochs:"),
    (changed(points=[{"hidden": 3}]), "points: stand beside a search"),
    (changed(search={}, sampler="tpe", points=[{"hidden": 3}]), "sampler: tpe searches"),
    (changed(search={}, sampler="grid", points=[{"hidden": 0}]), "points.0.hidden:"),
    (changed(search={}, sampler="grid", points=[{"lr": 1}, {"hiden": 3}]), "points.1.hiden:"),
    (changed(search={}, sampler="grid", points=[{"epochs": 3}]), "stands in base, too"),
    (changed(search={}, sampler="grid", points=[{"lr": 1}, {"lr": 1}]), "points.1: "),
    (changed(search={}, sampler="grid", points=[{"seed": 1}]), "use seeds"),
    (
        changed(budget=8),
        "budget: needs a time such as 8h or 90min, {trial_hours: 20} or {epochs: 50",
    ),
    (changed(budget={"epochs": 5, "trial_hours": 1}), "budget: needs one limit: a time such as 8h"),
    (changed(budget={"epoch": 5}), "budget.epoch: unknown key; did you mean epochs?"),
    (
        changed(base={"epochs": 2}, budget={"epochs": 30}, confirm={"top": 3}),
        "budget.epochs: 30 leave nothing for the search: the confirmation takes 30",
    ),
    (
        changed(budget={"epochs": 30}, confirm={"top": 3, "base": {"epochs": [1, 2]}}),
        "confirm.base.epochs: ",
    ),
    (changed(start_from=["a b"]), "start_from: 'a b' is no name of a sweep, and no .parquet file"),
    (
        changed(start_from=["old", "runs.parquet"], sampler="random"),
        "start_from: random does not learn from other sweeps; use tpe or gp",
    ),
    (changed(stop={"target": True}), "stop.target: must not be true or false"),
    (changed(stop={"target": 98}), "stop.target: val_accuracy is a fraction from 0 to 1, such as"),
    (
        changed(metric="val_loss", stop={"target": -1}),
        "stop.target: val_loss is a number from 0 on",
    ),
    (
        changed(constraints={"val_accuracy": "<= 2"}),
        "constraints.val_accuracy: '<= 2' limits nothing: val_accuracy is a fraction from 0 to 1",
    ),
    (changed(constraints={"val_accuracy": ">= 1.5"}), "'>= 1.5' can never be kept: val_accuracy"),
    (changed(constraints={"val_loss": ">= 0"}), "'>= 0' limits nothing: val_loss is a number fro"),
    (changed(constraints={"spikes_per_inference": "<= -1"}), "'<= -1' can never be kept: spikes"),
    (
        changed(constraints={"synops_per_inference": 5000}),
        "constraints.synops_per_inference: needs a limit such as '<= 5000' or '>= 0.9', and 5000 "
        "alone says no direction; write '<= 5000' for at most 5000",
    ),
    (changed(stop={"noise": True}, trials=30), "stop.noise: needs two seeds or more, and seeds h"),
    (changed(stop={"noise": True}, seeds=[0, 1], trials=9), "needs more than 10 configurations, a"),
    (
        changed(stop={"noise": True}, seeds=[0, 1], sampler="grid", search={"lr": [1, 2]}),
        "stop.noise: the order of a grid is no search; use tpe, ",
    ),
    (
        changed(stop={"target": 1}, metric={"val_accuracy": "max", "val_loss": "min"}),
        "stop.target: needs one metric, and metric has 2",
    ),
    (
        changed(stop={"target": 1}, each=["hidden"], search={"hidden": [4, 8]}),
        "stop.target: stands beside each, where every kind has leaders; keep one of them",
    ),
    (changed(confirm={"seeds": [0, 1]}), "confirm.seeds: the search has used 0"),
    (changed(confirm={"seeds": [1, 1]}), "confirm.seeds: a seed stands twice"),
    (changed(confirm={"seeds": [1]}), "confirm.seeds:"),
    (changed(confirm={"top": 0}), "confirm.top:"),
    (changed(confirm={"best": 3}), "confirm.best: unknown key"),
    (changed(confirm={"base": {"epoch": 3}}), "confirm.base.epoch: unknown key; did you mean epo"),
    (changed(confirm={"base": {"seed": 3}}), "confirm.base.seed: belongs to the replicates"),
    (changed(confirm={"base": {"epochs": 0}}), "confirm.base.epochs:"),
    (changed(confirm={"base": {"lr": 1e-3}}), "confirm.base.lr: is searched, and"),
    (changed(each=["hiden"]), "each.hiden: unknown key; did you mean hidden?"),
    (changed(each=["epochs"]), "each.epochs: is not searched; in search: dynamics, lr"),
    (changed(each=["dynamics", "dynamics"]), "each: a key stands twice"),
    (
        changed(seeds=3),
        "seeds: needs a list, as [3] for the seed 3 alone, or [0, 1, 2] for 3 seeds",
    ),
    (changed(each="dynamics"), "each: must be a list, such as [dynamics]"),
    (changed(search={"lr": {"float": [0.1, 1]}}, each=["lr"]), "each.lr: has infinitely many"),
    (changed(search=LEARNED, each=["learn_beta"]), "used only by some dynamics; name dynamics"),
    (changed(search=LEARNED, each=["dynamics", "learn_beta"], trials=2), "fewer than the 3 kinds"),
    (changed(name="n" * 60, confirm={}), "name: 60 letters leave no room for -confirm"),
    (changed(search={"dynamics": "lif"}), "a fixed value belongs into base"),
    (changed(search={"dynamics": ["lif", "spiky"]}), "search.dynamics:"),
    (changed(search={"dynamics": []}), "at least one value"),
    (changed(search={"dynamics": ["lif", "lif"]}), "stands twice"),
    (changed(search={"lr": {"loguniform": [1e-2, 1e-4]}}), "low end must be below"),
    (changed(search={"lr": {"loguniform": [0, 1]}}), "must be above 0"),
    (changed(search={"lr": {"loguniform": [1e-4]}}), "two numbers"),
    (changed(search={"lr": {"normal": [0, 1]}}), "unknown key 'normal'"),
    (changed(search={"lr": {"float": [-1, 1]}}), "search.lr:"),
    (changed(search={"hidden": {"float": [1, 64]}}), "search.hidden"),
    (
        changed(search={"n_steps": {"float": [10, 64]}}),
        "search.n_steps: needs a whole number",
    ),
    (changed(search={"hidden": {"int": [32, 64], "step": 0}}), "search.hidden.step"),
    (changed(search={"hidden": {"int": [0, 64]}}), "search.hidden"),
    (changed(search={"beta": {"float": [0, 1], "when": {"nope": 1}}}), "no parameter 'nope'"),
    (
        changed(search={"beta": {"float": [0, 1], "when": {"lr": 1}}, "lr": {"float": [0.1, 1]}}),
        "lr must stand before beta",
    ),
    (
        changed(search={"dynamics": ["lif"], "beta": {"float": [0, 1], "when": {"dynamics": "x"}}}),
        "dynamics is never 'x'",
    ),
    (changed(sampler="grid"), "a grid of it is infinite"),
    (changed(sampler="annealing"), "sampler.name:"),
    (changed(sampler="cmaes"), "cmaes takes numbers only"),
    (changed(scheduler={"name": "asha", "grace": 9}), "scheduler.grace: 9"),
    (changed(metric="test_accuracy"), "metric: 'test_accuracy' cannot be searched for"),
    (changed(metric="accuracy", stop={"target": 0.9}), "metric: 'accuracy' cannot be searched for"),
    (changed(trials=0), "trials:"),
    (changed(trials="many"), "trials:"),
    (changed(seeds=[]), "seeds:"),
    (changed(seeds=[1, 1]), "stands twice"),
    (changed(seeds=[-1]), "seeds.0:"),
    (changed(resources={"cpu": 0}), "resources.cpu:"),
    (changed(resources={"cpus": 1}), "resources.cpus: unknown key"),
    (changed(resources={"pack": 0}), "resources.pack: needs auto, off or a whole number from 1 to"),
    (changed(resources={"pack": "on"}), "resources.pack: needs auto, off or a whole number"),
    (changed(resources={"pack": True}), "resources.pack: "),
    (changed(resources={"gpu": 0.5, "pack": 4}), "resources.pack: 4 trials share a whole GPU"),
    (changed(resources={"gpu": 1.5}), "resources.gpu: must be a whole number above 1"),
    (changed(trials=True), "trials: must not be true or false"),
    (changed(seeds=[True]), "seeds.0: must not be true or false"),
    (changed(scheduler=False), "scheduler: must not be true or false"),
    (changed(metric={"val_accuracy": "up"}), "metric: val_accuracy needs max or min, got {'val"),
    (
        changed(metric={"synops": "min"}),
        "'synops' cannot be searched for; did you mean synops_per_",
    ),
    (changed(metric=3), "metric: needs one of val_accuracy"),
    (
        changed(
            sampler="cmaes",
            search={"lr": {"loguniform": [1e-4, 1e-2]}},
            metric={"val_loss": "min", "val_accuracy": "max"},
        ),
        "cmaes takes one",
    ),
    (changed(search={"lr": {"float": [0.1, float("inf")]}}), "search.lr.float: needs two numbers"),
    (changed(search={"lr": {"loguniform": [1e-4, 1e-2], "log": False}}), "search.lr.log: needs"),
    (changed(search={"lr": {"choice": [0.1], "when": {"dynamics": "alfi"}}}), "when.dynamics: inp"),
    (changed(search={"lr": {"choice": [0.1], "when": {"dynamics": []}}}), "when.dynamics: needs"),
    (changed(search={"lr": {"choice": [0.1], "when": {"epochs": "5"}}}), "never '5'; write 5"),
    (changed(search={"lr": {"choice": [0.1], "when": {"seed": 1}}}), "no parameter 'seed'"),
    (
        changed(sampler="grid", search={"hidden": {"int": [1, 999]}, "n_steps": {"int": [2, 999]}}),
        "search: a grid of 997,002 points",
    ),
]


@pytest.mark.parametrize(("text", "told"), BAD, ids=[told for _, told in BAD])
def test_a_mistake_is_one_line_with_file_and_place(tmp_path: Path, text: str, told: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SpecError) as caught:
        load_sweep(file)
    line = str(caught.value)
    assert told in line
    assert line.startswith(file)
    assert "\n" not in line


MANY = """
name: has space
base: {hiden: 3, epochs: 5, dataset: cifar}
search:
  dynamics: [lif, spiky]
  lr: {loguniform: [1e-2, 1e-4]}
  learn_beta: {choice: [false, true], when: {dynamics: alif}}
scheduler: {name: asha, grace: 9}
seeds: [1, 1]
sampler: annealing
metric: val_acuracy
confirm: {top: 0, seeds: [1, 2]}
each: [epochs]
trails: 3
"""


def test_every_mistake_is_a_line_of_its_own_and_nothing_else_is_said(tmp_path: Path) -> None:
    file = write(tmp_path, MANY)
    with pytest.raises(SpecError) as caught:
        load_sweep(file, {"recurent": True, "trials": 4})
    assert [line.removeprefix(f"{file}: ").split(":")[0] for line in caught.value.mistakes] == [
        "--set recurent",
        "name",
        "sampler.name",
        "confirm.top",
        "trails",
        "base.hiden",
        "base.dataset",
        "search.dynamics",
        "search.lr.loguniform",
        "metric",
        "seeds",
        "scheduler.grace",
        "each.epochs",
    ]
    assert str(caught.value) == "\n".join(caught.value.mistakes)


def test_a_part_that_cannot_be_read_hides_no_mistake_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_sweep(write(tmp_path, changed(base=3, seeds=[], each=["hiden"])), {"lr": 0.1})
    places = [line.split(": ")[1] for line in caught.value.mistakes]
    assert places == ["base", "seeds", "each.hiden"]
