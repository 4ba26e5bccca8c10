"""The search space: what Optuna is asked, and which points there are."""

from __future__ import annotations

import pickle
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.errors import SpecError
from sweep.spec.spaces.space import Space
from sweep.spec.spaces.space_yaml import parse_space

FIXED: dict[str, Any] = {"dataset": "digits", "preset": "default"}

values = st.one_of(
    st.booleans(), st.integers(-5, 5), st.sampled_from(["lif", "alif", "x"]), st.just([8, 8])
)
forms = st.one_of(
    st.lists(values, min_size=1, max_size=3, unique_by=repr).filter(
        lambda v: all(a != b for i, a in enumerate(v) for b in v[:i])
    ),
    st.builds(
        lambda low, length, step: {"int": [low, low + length], "step": step},
        st.integers(-10, 10),
        st.integers(1, 25),
        st.integers(5, 12),
    ),
    st.builds(
        lambda low, length, step: {"float": [low / 20, (low + length) / 20], "step": step},
        st.integers(-10, 10),
        st.integers(1, 12),
        st.sampled_from([0.05, 0.1, 0.3]),
    ),
    st.builds(
        lambda low, length: {"int": [low, low + length], "log": True},
        st.integers(1, 9),
        st.integers(1, 6),
    ),
)


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Finite spaces of up to four parameters, some under a condition on an earlier one."""
    search: dict[str, Any] = {}
    for name in "abcd"[: draw(st.integers(1, 4))]:
        form = draw(forms)
        if search and draw(st.booleans()):
            other = draw(st.sampled_from(sorted(search)))
            possible = parse_space({other: _without_when(search[other])}, {}).parameters[0].values()
            assert possible is not None
            when = {other: draw(st.lists(st.sampled_from(possible), min_size=1, max_size=2))}
            form = ({"choice": form} if isinstance(form, list) else form) | {"when": when}
        search[name] = form
    return parse_space(search, FIXED)


def _without_when(form: Any) -> Any:
    return {k: v for k, v in form.items() if k != "when"} if isinstance(form, dict) else form


@given(space=spaces())
@settings(max_examples=60)
def test_every_suggestion_is_a_point_of_the_grid_and_the_size_is_their_number(space: Space) -> None:
    grid = space.grid()
    assert len(grid) == space.size()
    assert all(grid.count(point) == 1 for point in grid)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(5):
        assert space.suggest(study.ask()) in grid


@given(space=spaces())
@settings(max_examples=30)
def test_an_enqueued_point_is_the_one_that_is_suggested(space: Space) -> None:
    study = optuna.create_study()
    points = space.grid()[:6]
    for point in points:
        study.enqueue_trial(space.to_optuna_params(point))
    assert [space.suggest(study.ask()) for _ in points] == points


def test_a_grid_has_the_first_parameter_slowest_and_leaves_out_what_has_no_effect() -> None:
    search = {
        "dynamics": ["lif", "alif"],
        "learn_beta": {"choice": [False, True], "when": {"dynamics": "alif"}},
        "hidden": {"int": [32, 64], "step": 32},
    }
    assert parse_space(search, FIXED).grid() == [
        {"dynamics": "lif", "hidden": 32},
        {"dynamics": "lif", "hidden": 64},
        {"dynamics": "alif", "learn_beta": False, "hidden": 32},
        {"dynamics": "alif", "learn_beta": False, "hidden": 64},
        {"dynamics": "alif", "learn_beta": True, "hidden": 32},
        {"dynamics": "alif", "learn_beta": True, "hidden": 64},
    ]


def test_a_condition_on_a_fixed_key_is_decided_by_its_value() -> None:
    search = {"learn_beta": {"choice": [False, True], "when": {"dynamics": "alif"}}}
    assert parse_space(search, {"dynamics": "lif"}).grid() == [{}]
    assert parse_space(search, {"dynamics": "alif"}).size() == 2


def test_a_condition_on_a_parameter_that_is_itself_left_out_does_not_hold() -> None:
    search = {
        "a": [1, 2],
        "b": {"choice": ["x"], "when": {"a": 1}},
        "c": {"choice": [3, 4], "when": {"b": "x"}},
    }
    assert parse_space(search, {}).grid() == [
        {"a": 1, "b": "x", "c": 3},
        {"a": 1, "b": "x", "c": 4},
        {"a": 2},
    ]


@pytest.mark.parametrize(
    "form", [{"float": [0, 1]}, {"loguniform": [1e-3, 1]}, {"uniform": [0, 1]}]
)
def test_a_continuous_range_has_no_size_and_no_grid(form: dict[str, Any]) -> None:
    space = parse_space({"lr": form}, {})
    assert space.size() is None
    with pytest.raises(SpecError, match=r"search\.lr: a grid of it is infinite"):
        space.grid()


def test_ranges_are_searched_within_their_ends() -> None:
    search = {
        "lr": {"loguniform": [1e-4, 1e-2]},
        "n": {"int": [1, 1000], "log": True},
        "x": {"uniform": [-1, 1]},
    }
    space = parse_space(search, {})
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    points = [space.suggest(study.ask()) for _ in range(200)]
    assert all(
        1e-4 <= p["lr"] <= 1e-2 and 1 <= p["n"] <= 1000 and -1 <= p["x"] <= 1 for p in points
    )
    assert all(type(p["n"]) is int for p in points)
    assert sum(p["lr"] < 1e-3 for p in points) > 60  # half of a logarithmic scale
    assert sum(p["n"] < 32 for p in points) > 60


def test_a_space_describes_itself() -> None:
    search = {
        "dynamics": ["lif", "alif"],
        "hidden": [16, [8, 8]],
        "learn_beta": {"choice": [True], "when": {"dynamics": ["alif"]}},
        "lr": {"loguniform": [1e-4, 1e-2]},
        "batch_size": {"int": [1, 1_234_567]},
    }
    assert parse_space(search, {}).describe() == [
        ("dynamics", "lif, alif"),
        ("hidden", "16, [8, 8]"),
        ("learn_beta", "true if dynamics is alif"),
        ("lr", "0.0001 … 0.01 (logarithmic)"),
        ("batch_size", "1 … 1234567"),
    ]


def test_the_size_of_a_huge_space_is_known_and_its_grid_refused() -> None:
    search = {
        "hidden": {"int": [1, 1000]},
        "n_steps": {"int": [2, 1000]},
        "epochs": {"int": [1, 1000], "when": {"hidden": [7, 8]}},
    }
    space = parse_space(search, {})
    assert space.size() == 998 * 999 + 2 * 999 * 1000
    with pytest.raises(SpecError, match=r"search: a grid of 2,995,002 points; at most 100,000"):
        space.grid()


def test_stepped_values_are_the_decimals_that_one_writes() -> None:
    form = {"float": [0.1, 0.75], "step": 0.1}
    search = {"a": form, "b": {"choice": [1], "when": {"a": 0.3}}}
    space = parse_space(search, {})
    assert [point["a"] for point in space.grid()] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert space.grid()[2] == {"a": 0.3, "b": 1}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = {space.suggest(study.ask())["a"] for _ in range(60)}
    assert drawn == {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7}


def test_a_logarithmic_range_of_whole_numbers_is_finite() -> None:
    space = parse_space({"hidden": {"int": [2, 5], "log": True}}, {})
    assert space.grid() == [{"hidden": size} for size in (2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("form", "never"),
    [
        ({"loguniform": [1e-4, 1e-2]}, 5),
        ({"loguniform": [1e-4, 1e-2]}, "high"),
        ({"int": [32, 64], "step": 16}, 40),
        ({"float": [0, 1], "step": 0.25}, 0.3),
        ([1, 2], 3),
    ],
)
def test_a_condition_that_can_never_hold_is_refused(form: Any, never: Any) -> None:
    search = {"a": form, "b": {"choice": [1], "when": {"a": never}}}
    with pytest.raises(SpecError, match=r"search\.b\.when\.a: a is never"):
        parse_space(search, {})


def test_a_space_travels_to_other_processes() -> None:
    search = {"hidden": [16, [8, 8]], "lr": {"loguniform": [1e-4, 1e-2], "when": {"hidden": 16}}}
    space = parse_space(search, FIXED)
    assert pickle.loads(pickle.dumps(space)) == space
