"""Where a specification comes from, and what `--set` and `--unset` make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sweep.cli import run
from sweep.errors import SpecError
from sweep.spec.sections.confirm import Confirm
from sweep.spec.sources import bundled, load_sweep, parse_overrides
from tests.sweep_tests.spec.written import GOOD, write


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "is no text"),
        (lambda path: None, "no such file; spikesweep specs lists the bundled sweeps"),
        (lambda path: path.with_name("s1.yaml").touch(), "did you mean .*/s1.yaml"),
        (lambda path: path.parent.joinpath("s.yaml").symlink_to("s.yaml"), "cannot be read"),
    ],
)
def test_what_is_no_file_of_text_is_refused(tmp_path: Path, make: Any, told: str) -> None:
    path = tmp_path / "s.yaml"
    make(path)
    with pytest.raises(SpecError, match=told):
        load_sweep(str(path))


def test_set_fixes_a_key_and_takes_it_out_of_the_search(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    items = ["lr=1e-3", "trials=4", "sampler.name=random", "scheduler=none", "seeds=[0, 1]"]
    sweep = load_sweep(file, parse_overrides(items))
    assert sweep.base["lr"] == 1e-3 and "lr" not in sweep.search
    assert (sweep.trials, sweep.sampler.name, sweep.scheduler.name) == (4, "random", "none")
    assert sweep.seeds == (0, 1)


def test_unset_takes_a_key_out_so_that_it_has_its_default(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD + "each: [dynamics]\nconfirm: {base: {lr: 1e-3}, top: 2}\n")
    keys = ["dynamics", "lr", "epochs", "scheduler", "confirm.top"]
    sweep = load_sweep(file, unset=keys)
    default = load_sweep(write(tmp_path, "name: good\nbase: {dataset: digits}\n"))
    assert (sweep.base, sweep.search, sweep.each) == (default.base, {}, ())
    assert sweep.scheduler == default.scheduler
    assert sweep.confirm == Confirm()
    assert load_sweep(write(tmp_path, GOOD), {"lr": 2e-3}, unset=["lr"]).base["lr"] == 2e-3


@pytest.mark.parametrize("key", ["hidden", "hiden", "name.x", "confirm.top", "scheduler.nam", ""])
def test_a_key_that_is_not_there_cannot_be_unset(tmp_path: Path, key: str) -> None:
    file = write(tmp_path, GOOD)
    with pytest.raises(SpecError) as caught:
        load_sweep(file, unset=[key])
    assert str(caught.value) == f"--unset {key}: {file} does not set it"


def test_of_points_a_key_is_set_and_unset_too(tmp_path: Path) -> None:
    points = "points: [{dynamics: lif, lr: 1e-3}, {dynamics: lif, lr: 2e-3}, {dynamics: alif}]\n"
    file = write(tmp_path, "name: some\nsampler: grid\nbase: {dataset: digits}\n" + points)
    assert load_sweep(file, unset=["lr"]).points == ({"dynamics": "lif"}, {"dynamics": "alif"})
    fixed = load_sweep(file, {"dynamics": "lif"})
    assert fixed.points == ({"lr": 1e-3}, {"lr": 2e-3}, {})


def test_points_alone_are_all_run_to_their_ends(tmp_path: Path) -> None:
    points = "name: some\npoints: [{lr: 1e-3}, {lr: 2e-3}]\n"
    alone = load_sweep(write(tmp_path, points))
    assert (alone.sampler.name, alone.scheduler.name) == ("grid", "none")
    assert load_sweep(write(tmp_path, alone.to_yaml())) == alone
    named = load_sweep(write(tmp_path, points + "sampler: grid\n"))
    assert named.scheduler.name == "asha"  # as in launches before
    chosen = load_sweep(write(tmp_path, points + "scheduler: {name: asha, grace: 2}\n"))
    assert chosen.scheduler.name == "asha"


def test_a_key_that_is_set_has_no_kinds_any_more(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD + "each: [dynamics]\n")
    assert load_sweep(file).kinds == [{"dynamics": "lif"}, {"dynamics": "alif"}]
    assert load_sweep(file, {"dynamics": "lif"}).kinds == []


def test_a_key_that_is_set_is_so_in_the_confirmation_too(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD + "confirm: {base: {epochs: 60, val_fraction: 0.05}}\n")
    sweep = load_sweep(file, {"epochs": 5})
    assert sweep.base["epochs"] == 5
    assert sweep.confirm is not None and sweep.confirm.base == {"val_fraction": 0.05}
    longer = load_sweep(file, {"confirm.base.epochs": 9, "confirm.top": 1})
    assert longer.base["epochs"] == load_sweep(file).base["epochs"]
    assert longer.confirm is not None and longer.confirm.top == 1
    assert longer.confirm.base == {"epochs": 9, "val_fraction": 0.05}


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ("lr", "needs KEY=VALUE"),
        ("=3", "needs KEY=VALUE"),
        ("hiden=3", "did you mean hidden?"),
        ("sampler.nam=tpe", "sampler.nam: unknown key"),
        ("lr=[", "--set lr"),
        ("lr=fast", "base.lr:"),
        ("name.x=1", "name has no parts"),
    ],
)
def test_a_wrong_set_is_one_line(tmp_path: Path, item: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_sweep(write(tmp_path, GOOD), parse_overrides([item]))
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_name_that_is_too_long_for_a_file_is_one_line() -> None:
    with pytest.raises(SpecError, match="File name too long"):
        load_sweep("x" * 300)


def test_a_file_of_the_same_name_does_not_hide_a_bundled_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bundled()
    (tmp_path / "quickstart").write_text("my notes")
    monkeypatch.chdir(tmp_path)
    assert bundled() == before


def test_set_decides_the_conditions_on_the_key_that_it_fixes() -> None:
    points = load_sweep("dynamics", {"dynamics": "lif"}).space.describe()
    assert ("learn_beta", "false, true if dynamics is alif") in points
    sizes = {
        name: load_sweep("dynamics", {"dynamics": name, "lr": 1e-3}).space.size()
        for name in ("lif", "alif")
    }
    assert sizes == {"lif": 64, "alif": 128}


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (
            "{val_accuracy: min}",
            "val_accuracy: min looks for less of it, and more is better; write max unless that is",
        ),
        (
            "{val_accuracy: max, val_loss: max}",
            "val_loss: max looks for more of it, and less is better; write min unless that is",
        ),
        ("{val_accuracy: max, synops_per_inference: min}", ""),
        ("val_loss", ""),
    ],
)
def test_a_metric_that_looks_for_what_is_worse_is_told_and_allowed(
    metric: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--set", f"metric={metric}", "--set", "scheduler=none"]
    assert run(["validate", "quickstart", *settings]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "metric" in line]
    assert lines == ([f"warning: quickstart: metric.{told} meant"] if told else [])


def test_a_valid_sweep_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "best-mnist"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "best-mnist: valid; 42 configurations × 1 seed",
        "then 1 leader of each hidden × 5 fresh seeds",
    ]
