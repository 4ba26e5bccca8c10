"""The dry run says what differences the comparisons of a design will find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from analysis.stats.pairing.pairs import Pairs
from analysis.stats.power.designs import smallest_effect
from sweep.results.power import noise_of, power_lines
from sweep.spec.parsing import parse_sweep
from sweep.spec.sources import load_sweep
from sweep.spec.specification import Specification
from sweep.tracking.earlier_runs import EarlierRun
from tests.analysis_tests.simulations.cases import RUN_STD, Case

WIDE = {"loguniform": [1e-3, 1e-1]}
SEARCH = {"dynamics": ["lif", "alif"], "hidden": [16, 32, 64]}


def plan(**changes: Any) -> Specification:
    given = {"name": "s", "base": {"dataset": "digits"}, "search": SEARCH, "sampler": "grid"}
    return parse_sweep({**given, "scheduler": "none", "seeds": [0, 1, 2], **changes})


def ran(sweep: Specification, deviation: float) -> Iterator[EarlierRun]:
    """Its runs, with accuracies of three seeds that have this deviation."""
    for config in sweep.configs():
        accuracy = 0.9 + deviation * (config.seed - 1)
        params = {key: str(value) for key, value in config.params().items()}
        yield EarlierRun(config.config_id, "", "", params, {"test_accuracy": accuracy}, {})


def test_every_searched_key_has_its_smallest_difference() -> None:
    lines = list(power_lines(plan(), ran(plan(), 0.01)))
    of_dynamics = 100 * 0.01 * smallest_effect(3, 3, level=0.05 / 3)
    of_hidden = 100 * 0.01 * smallest_effect(2, 3, level=0.05 / 3)
    assert lines == [
        "seeds differ by 1 points (as in 6 configurations of this plan that ran)",
        f"dynamics: differences of {of_dynamics:.2g} points (3 pairs of configurations × 3 seeds)",
        f"hidden: differences of {of_hidden:.2g} points (2 pairs of configurations × 3 seeds)",
        "found in 80 % of cases, by p < 0.05 after Holm's correction for 3 comparisons, if an "
        "effect is the same in all configurations",
    ]


@pytest.mark.parametrize(
    ("deviation", "told"),
    [
        (0.03, "differences of {size:.0f} points"),
        (0.3, "no difference can be found: only one above 100 points would be"),
    ],
)
def test_great_differences_are_plain_numbers_and_none_is_above_100_points(
    deviation: float, told: str
) -> None:
    sweep = plan(search={"dynamics": ["lif", "alif"], "hidden": [16, 32]})
    size = 100 * deviation * smallest_effect(2, 3, level=0.05 / 2)
    assert size > (10 if deviation < 0.1 else 100)
    _, first, *_ = power_lines(sweep, ran(sweep, deviation))
    assert first == f"dynamics: {told.format(size=size)} (2 pairs of configurations × 3 seeds)"


def test_of_an_ablation_one_line_says_what_its_changes_find_and_how_they_are_compared() -> None:
    lines = list(power_lines(load_sweep("ablation-mnist"), ()))
    assert [line.partition(":")[0] for line in lines[1:3]] == ["encoding", "recurrent"]
    of_seeds = 100 * 0.005 * smallest_effect(1, 3, level=0.05 / 20)
    assert lines[3] == (
        "20 changes of a baseline (effects ablation-mnist --changes --across encoding --across "
        f"recurrent --within preset): differences of {of_seeds / 2:.2g} to "
        f"{of_seeds / 2**0.5:.2g} points (2 to 4 networks × 3 seeds, for these networks, after "
        "Holm's correction for 20)"
    )
    assert len(lines) == 5


def test_of_points_keys_that_change_together_are_one_factor() -> None:
    constants = ({}, {"threshold": 0.5, "beta": 1.0})
    crossed = [
        {"encoding": code, **both, "hidden": hidden}
        for code in ("latency", "periodic")
        for both in constants
        for hidden in (16, 32)
    ]
    sweep = plan(search={}, base={"dataset": "digits", "dynamics": "alif"}, points=crossed)
    lines = list(power_lines(sweep, ()))
    found = {line.partition(":")[0] for line in lines if "4 pairs of configurations" in line}
    assert found == {"encoding", "hidden", "beta, threshold"}


def test_the_noise_is_that_of_the_plan_else_of_these_data_else_assumed() -> None:
    other = plan(base={"dataset": "digits", "epochs": 1})
    earlier = [*ran(plan(), 0.01), *ran(other, 0.03)]
    assert noise_of(plan().configs(), earlier) == (
        pytest.approx(0.01),
        "as in 6 configurations of this plan that ran",
    )
    deviation, source = noise_of(plan().configs(), ran(other, 0.03))
    assert deviation == pytest.approx(0.03) and source.endswith("that ran before on these data")
    deviation, source = noise_of(plan().configs(), list(ran(other, 0.03))[:3])
    assert deviation == 0.005 and source.startswith("assumed")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seeds": [4]}, "none: with one seed, chance cannot be told from effect; for claims: "),
        ({"scheduler": "asha"}, "none: scheduler asha ends runs by their results; for "),
        ({"sampler": "tpe"}, "none: sampler tpe chooses runs by their results; for claims"),
        ({"stop": {"silent": True}}, "none: stop.silent ends runs by their results"),
        (
            {"sampler": "random", "search": {"lr": WIDE, "threshold": WIDE}, "trials": 3},
            "lr: none: no pairs, no two runs differ in it alone",
        ),
    ],
)
def test_where_no_claim_can_be_made_a_line_says_why(changes: dict[str, Any], told: str) -> None:
    first, *others = power_lines(plan(**changes), ())
    assert first.startswith(told)
    assert not any("differences of" in line for line in others)


def test_of_nothing_that_is_searched_nothing_is_told() -> None:
    assert list(power_lines(plan(search={}), ())) == []


@pytest.mark.parametrize(("n", "n_seeds"), [(4, 3), (9, 2), (12, 3), (1, 5)])
def test_a_difference_of_that_size_is_found_in_75_to_85_percent(n: int, n_seeds: int) -> None:
    case, random = Case(name="the same in all", spread=0.0), np.random.default_rng(n)
    size = RUN_STD * smallest_effect(n, n_seeds)
    found = 0
    for _ in range(300):
        drawn = case.draw(random, n, n_seeds, size)
        pairs = Pairs(factor="f", baseline="a", level="b", differences=drawn, matched=1)
        found += pairs.evidence.difference_p(0.05) < 0.05
    assert 0.75 <= found / 300 <= 0.85
