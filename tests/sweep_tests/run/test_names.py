"""A name that belongs to another specification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sweep.errors import SpecError
from sweep.results.names import refuse_taken
from sweep.run.launch import begin
from sweep.spec.parsing import parse_sweep
from tests.sweep_tests.workplace import SMALL, Workplace

BASE: dict[str, Any] = SMALL["base"]


@pytest.mark.parametrize(
    "same",
    [
        {"trials": 9},
        {"seeds": [0, 1, 2]},
        {"scheduler": "asha", "sampler": "random"},
        {"base": BASE | {"backend": "cpu"}},
        {"budget": "3h", "confirm": {"top": 1}},
    ],
)
def test_more_of_the_same_configurations_is_the_same_sweep(
    in_folder: Path, same: dict[str, Any]
) -> None:
    begin(parse_sweep(SMALL))
    refuse_taken(parse_sweep(SMALL | same))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"base": BASE | {"epochs": 7}}, "base.epochs was 4 and is 7; take another name"),
        ({"base": BASE | {"beta": 0.5}}, "base.beta was not given and is 0.5; "),
        ({"search": {"lr": [0.1]}}, "search.dynamics was ['lif', 'alif'] and is not given, searc"),
        ({"metric": "val_loss"}, "metric; take"),
    ],
)
def test_other_configurations_under_its_name_are_refused_with_what_differs(
    in_folder: Path, other: dict[str, Any], told: str
) -> None:
    begin(parse_sweep(SMALL))
    with pytest.raises(SpecError) as caught:
        refuse_taken(parse_sweep(SMALL | other))
    assert told in str(caught.value) and "--new-name NAME" in str(caught.value)


def test_the_command_refuses_it_or_takes_another_name_or_joins(place: Workplace) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place.folder)
        begin(parse_sweep(SMALL))
    longer = ("run", place.spec(), "--set", "epochs=7", "--dry-run")
    refused = place.run(*longer)
    assert refused.returncode == 2 and len(refused.stderr.splitlines()) == 1
    assert "'small' belongs to another specification (launch 1 in " in refused.stderr
    validated = ("validate", *longer[1:-1])
    assert place.run(*validated)[::2] == refused[::2]
    assert place.run(*validated, "--join").returncode == 0
    assert place.run(*validated, "--new-name", "other").returncode == 0
    large = place.spec(resources={"cpu": 4000})
    reverse = ("--set", "metric={val_accuracy: min}")
    done = place.run("run", large, "--new-name", "other", *reverse, "--dry-run")
    planned = done.stdout
    assert "sweep       other\n" in planned
    assert "small.yaml: metric.val_accuracy: min looks for less of it, and more is" in done.stderr
    assert "room        none for a trial on this machine: it has " in planned
    valid = place.run("validate", large, "--new-name", "other")  # it may be for a cluster
    assert valid.returncode == 0 and "a trial asks for 4000 CPUs" in valid.stderr
    resumed = place.run(*longer, "--resume")  # refused as the run itself would be
    assert resumed.returncode == 2 and "base, resources changed since launch 1" in resumed.stderr
    assert "sweep       small\n" in place.run(*longer, "--join").stdout
