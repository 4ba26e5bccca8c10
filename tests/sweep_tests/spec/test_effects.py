"""A key that is searched, and that no configuration uses, is a mistake where a sweep is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from snn import registry
from sweep.cli import run
from sweep.errors import SpecError
from sweep.run import launch
from sweep.spec.checks.effects import check_effects
from sweep.spec.parsing import parse_sweep
from sweep.spec.sources import bundled, load_sweep

PLUGINS = Path(__file__).parents[2] / "plugins"
NETWORK = f"{PLUGINS}/plain_network.py:build"
USELESS = {"base": {"dynamics": "lif"}, "search": {"beta": [0.1, 0.2], "lr": [1e-3, 1e-4]}}
TOLD = "search.beta: has no effect: only alif uses it, and dynamics is lif"


@pytest.fixture(autouse=True)
def ours_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    yield
    registry.use(registry.OURS)


def told(**plan: Any) -> str:
    with pytest.raises(SpecError) as caught:
        check_effects(parse_sweep({"name": "s"} | plan), "s")
    return str(caught.value).replace("s: ", "", 1)


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        (USELESS, TOLD),
        (
            {"search": {"lr": [0.1, 0.2]}, "scheduler": "hyperband", "seeds": [0, 1]},
            "scheduler: hyperband judges every seed by itself, as Ray Tune fills its brackets with "
            "trials; here are 2; with several seeds: asha, promote, race",
        ),
        (
            {"base": {"encoding": "constant"}, "search": {"encoder_tau": [1.0]}},
            "search.encoder_tau: has no effect: only latency, periodic and poisson use it, and "
            "encoding is constant",
        ),
        (
            {"search": {"dynamics": ["lif", "mlp"], "beta": {"float": [0, 1]}}},
            "search.beta: has no effect: only alif uses it, and dynamics is lif or mlp",
        ),
        (
            {
                "search": {
                    "dynamics": ["lif", "alif"],
                    "beta": {"float": [0, 1], "when": {"dynamics": "lif"}},
                }
            },
            "search.beta: has no effect: only alif uses it, and dynamics is lif",
        ),
        (
            {"search": {"beta_per_neuron": [False, True]}},
            "search.beta_per_neuron: has no effect: it needs learn_beta: true, and that is false",
        ),
        (
            {"base": {"dynamics": "mlp"}, "search": {"readout": ["max", "mean"]}},
            "search.readout: has no effect: only alif, lif, izhikevich, adlif, se_adlif and brf "
            "use it, and dynamics is mlp",
        ),
        (
            {"search": {"backend": ["cpu", "reference"]}},
            "search.backend: has no effect: it decides how the numbers are computed; "
            "fix it in base",
        ),
        (
            {"plugins": [f"{PLUGINS}/triangle.py"], "search": {"half_width": [0.5, 1.0]}},
            "search.half_width: has no effect: only triangle uses it, and surrogate is "
            "fast_sigmoid",
        ),
        (
            {"base": {"network": NETWORK}, "search": {"hidden": [8, 16], "channels": [2, 4]}},
            "search.hidden: has no effect: only layers uses it, and network is "
            "plain_network.py:build; such a file names it in USES",
        ),
        (
            {
                "base": {"dynamics": "lif"},
                "points": [{"beta": 0.1}, {"beta": 0.2}],
                "sampler": "grid",
            },
            "points.beta: has no effect: only alif uses it, and dynamics is lif",
        ),
    ],
)
def test_it_is_told_who_would_use_it(plan: dict[str, Any], line: str) -> None:
    assert told(**plan) == line


@pytest.mark.parametrize(
    "search",
    [
        {"dynamics": ["lif", "alif"], "beta": [0.1]},
        {
            "dynamics": ["lif", "mlp"],
            "learn_beta": {"choice": [False], "when": {"dynamics": "alif"}},
        }
        | {"dynamics": ["lif", "alif", "mlp"]},
        {
            "lr": {"float": [0.1, 1]},
            "encoding": {"choice": ["constant", "latency"], "when": {"lr": 0.2}},
        }
        | {"encoder_tau": {"choice": [3.0], "when": {"encoding": "latency"}}},
    ],
)
def test_one_configuration_that_uses_it_is_enough(search: dict[str, Any]) -> None:
    assert check_effects(parse_sweep({"name": "s", "search": search}), "s") == []


def test_no_key_of_the_bundled_sweeps_is_without_effect() -> None:
    for name in bundled():
        assert check_effects(load_sweep(name), name) == []


def test_a_key_whose_condition_is_never_met_is_left_out_as_it_says() -> None:
    assert check_effects(load_sweep("quickstart", {"dynamics": "lif"}), "quickstart") == []


def test_more_trials_than_the_space_has_are_said_in_one_line() -> None:
    plan = {"name": "s", "search": {"dynamics": ["lif", "alif"]}, "sampler": "grid"}
    told = "s.yaml: trials: 6 are asked for, and the space has 2; each runs once"
    assert check_effects(parse_sweep({**plan, "trials": 6}), "s.yaml") == [told]
    assert check_effects(parse_sweep({**plan, "trials": 2}), "s.yaml") == []


def test_a_fixed_key_is_a_warning_and_a_searched_one_is_refused_by_the_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["validate", "quickstart", "--set", "beta=0.2", "--set", "dynamics=lif"]) == 0
    told = "base.beta: has no effect: only alif uses it, and dynamics is lif"
    assert capsys.readouterr().err.splitlines() == [f"warning: quickstart: {told}"]
    Path("s.yaml").write_text(yaml.safe_dump({"name": "s"} | USELESS))
    for command in ("validate s.yaml", "run s.yaml", "submit s.yaml", "run s.yaml --dry-run"):
        assert run(command.split()) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", f"spikesweep: s.yaml: {TOLD}\n")
    assert [path.name for path in Path().iterdir()] == ["s.yaml"]


def test_a_launch_that_searched_such_a_key_is_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.yaml").write_text(yaml.safe_dump({"name": "s"} | USELESS))
    assert run(["run", "s.yaml", "--resume"]) == 2
    assert "--resume: no launch of 's'" in capsys.readouterr().err  # and nothing else is wrong
    begun = launch.begin(parse_sweep({"name": "s"} | USELESS))
    assert launch.latest(load_sweep(str(begun.spec))).launch == begun.launch
