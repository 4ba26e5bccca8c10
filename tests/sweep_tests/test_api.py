"""Sweeps from Python mean what the same YAML means, and leave the caller's process as it was."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from analysis.errors import AnalysisError
from sweep import RunningError, SpecError, Sweep
from sweep.api import _ONE_AT_A_TIME
from sweep.results.result import Result
from sweep.spec.sources import bundled, load_sweep
from sweep.spec.specification import Specification
from tests.sweep_tests.workplace import SMALL, Workplace

HEAVY = ("torch", "ray", "mlflow", "pandas", "optuna", "matplotlib", "numpy")


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_sweep_is_the_same_from_a_name_from_keys_and_from_yaml(
    name: str, tmp_path: Path
) -> None:
    sweep = Sweep.from_file(name)
    file = tmp_path / "again.yaml"
    file.write_text(sweep.to_yaml())
    keys = yaml.safe_load(sweep.to_yaml())
    assert sweep == Sweep(**keys) == Sweep.from_file(file)
    assert sweep.specification == load_sweep(name)


def test_changes_are_those_of_set(in_folder: Path) -> None:
    changed = Sweep.from_file("quickstart", {"epochs": 4, "trials": 3, "sampler.seed": 7})
    assert changed.specification == load_sweep(
        "quickstart", {"epochs": 4, "trials": 3, "sampler.seed": 7}
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a b"},
        {"serch": {}},
        {"trials": 0},
        {"base": {"epochz": 3}},
        {"base": {"lr": -1}},
        {"search": {"dynamics": "lif"}},
        {"search": {"dynamics": ["lif", "lif"]}},
        {"search": {"lr": {"loguniform": [0, 1]}}},
        {"sampler": "best"},
        {"seeds": []},
    ],
)
def test_a_mistake_is_told_as_in_yaml(wrong: dict[str, Any], place: Workplace) -> None:
    with pytest.raises(SpecError) as told:
        Sweep(**{**SMALL, **wrong})
    (place.folder / "it.yaml").write_text(yaml.safe_dump(SMALL | wrong, sort_keys=False))
    done = place.run("validate", "it.yaml")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"spikesweep: {line}".replace("Sweep: ", "it.yaml: ", 1) for line in told.value.mistakes
    ]


def test_values_of_python_and_numpy_mean_what_lists_and_numbers_mean() -> None:
    ours = Sweep(
        name="python",
        base={"hidden": (64, np.int64(32)), "lr": np.float64(0.01), "recurrent": np.True_},
        search={"encoding": ("latency", np.str_("constant")), "n_steps": range(5, 8)},
        seeds=np.arange(3),
    )
    plain = Sweep(
        name="python",
        base={"hidden": [64, 32], "lr": 0.01, "recurrent": True},
        search={"encoding": ["latency", "constant"], "n_steps": [5, 6, 7]},
        seeds=[0, 1, 2],
    )
    assert ours == plain
    assert ours.to_yaml() == plain.to_yaml()


def _in_itself() -> list[Any]:
    values: list[Any] = []
    values.append(values)
    return values


@pytest.mark.parametrize("value", [object(), len, {1, 2}, b"x", 1j, _in_itself()])
def test_a_value_that_no_yaml_can_have_is_refused(value: Any) -> None:
    with pytest.raises(SpecError, match=r"^Sweep") as told:
        Sweep(name="odd", search={"lr": value})
    assert "\n" not in str(told.value)


def test_help_and_completion_show_the_keys() -> None:
    assert set(inspect.signature(Sweep).parameters) == set(Specification.model_fields)


def test_a_notebook_shows_a_sweep_without_running_what_its_texts_say() -> None:
    shown = Sweep(name="safe", description="<script>x</script>")._repr_html_()
    assert "safe: 1 configuration" in shown
    assert "<script>" not in shown


def test_a_sweep_that_never_ran_has_no_result(in_folder: Path) -> None:
    with pytest.raises(AnalysisError):
        Sweep(**SMALL).result()


def test_one_sweep_at_a_time_runs_in_a_process(in_folder: Path) -> None:
    with _ONE_AT_A_TIME, pytest.raises(RunningError, match="another sweep runs in this process"):
        Sweep(**SMALL).run()


def test_a_resume_of_what_never_ran_is_refused_before_anything_starts(in_folder: Path) -> None:
    with pytest.raises(SpecError, match="no launch of 'small'"):
        Sweep(**SMALL).run(resume=True)
    assert not list(in_folder.iterdir())


def test_a_searched_key_without_effect_is_refused_before_anything_starts(in_folder: Path) -> None:
    useless = {"base": {"dynamics": "lif"}, "search": {"beta": [0.1, 0.2]}}
    with pytest.raises(SpecError, match=r"^Sweep: search\.beta: has no effect: only alif uses it"):
        Sweep(**SMALL | useless).run()
    assert not list(in_folder.iterdir())


def test_every_mistake_in_python_is_a_line(in_folder: Path) -> None:
    with pytest.raises(SpecError) as told:
        Sweep(name="s", base={"hiden": 3}, search={"lr": [-1]}, trails=4)
    places = ["trails", "base.hiden", "search.lr"]
    lines = str(told.value).splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["Sweep", place] for place in places]


def test_a_wide_table_of_leaders_is_whole_in_a_plain_script() -> None:
    many = {f"a_key_with_a_long_name_{number}": number for number in range(30)}
    result = Result("s", undelivered="elsewhere", _known=[many, many, many])
    assert "..." in str(result.leaders)  # what pandas leaves out
    head, *rows = result.table(top=2).splitlines()
    assert head.split() == list(many)
    assert [row.split() for row in rows] == [[str(value) for value in many.values()]] * 2


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [("import sweep, analysis", HEAVY), ("from sweep import Sweep", HEAVY[:-1])],
)
def test_an_import_is_quick_and_brings_nothing_heavy(
    statement: str, heavy: tuple[str, ...]
) -> None:
    code = (
        f"{statement}; import sys, time\n"
        f"print(time.process_time(), *(name for name in {heavy} if name in sys.modules))"
    )
    seconds = []
    for _ in range(3):  # the least of three: what runs beside it takes cache and clock
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        took, *brought = done.stdout.split()
        assert not brought
        seconds.append(float(took))
    assert min(seconds) < 0.5


GUEST = Path(__file__).with_name("guest_program.py")


def test_a_program_that_runs_sweeps_goes_on_as_it_was(place: Workplace) -> None:
    """Two sweeps one after the other, in two threads; a Ray of its own in between.

    Each trains with its plugin, although another sweep was made since.
    """
    done = subprocess.run(
        [sys.executable, str(GUEST)],
        cwd=place.folder,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "first: 1 done, changed: []",
        "Ray runs: False",
        "a Ray of its own answers",
        "second, in a thread: 1 done, changed: []",
        "that Ray still answers",
        "each with its own plugin: True",
    ]
    assert "1 done, 0 running, 0 pruned, 0 failed of 1" in done.stderr
    assert "Warning" not in done.stderr
