"""The figures that a launch leaves, from its study alone."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest

from analysis.records import State
from snn.config import TrialConfig
from sweep.host.paths import LaunchPaths
from sweep.results.figures import drawn
from sweep.run.closing import write
from sweep.search.identity import CONFIG, OUTCOME, configuration_record
from sweep.search.table import as_records


def study(count: int, *, seeds: int = 2) -> optuna.Study:
    """Configurations as the searcher keeps them; the last seed of the last one was pruned."""
    found = optuna.create_study(directions=["maximize", "minimize"])
    for number in range(count):
        trial = found.ask()
        config = TrialConfig(dataset="digits", lr=1e-3 * (1 + number))
        trial.set_user_attr(CONFIG, configuration_record(config))
        for seed in range(seeds):
            best = {
                "best_val_accuracy": 0.5 + 0.01 * number,
                "best_synops_per_inference": 9.0 + seed + number,
            }
            is_last = (number, seed) == (count - 1, seeds - 1)
            state = State.PRUNED if is_last else State.DONE
            end = {"state": state, "metrics": {} if is_last else best}
            trial.set_user_attr(f"{OUTCOME}:{seed}", json.dumps(end))
        found.tell(trial, [0.5 + 0.01 * number, 9.5 + number])
    return found


def test_the_study_has_all_that_a_figure_needs() -> None:
    records = as_records(study(3).get_trials())
    assert [record.state for record in records] == ["done"] * 5 + ["pruned"]
    assert [record.params["seed"] for record in records] == ["0", "1"] * 3
    assert {record.params["lr"] for record in records} == {"0.001", "0.002", "0.003"}
    files = dict(drawn(records, ["val_accuracy", "synops_per_inference"]))
    assert list(files) == ["history.png", "slice.png", "parallel.png", "hypervolume.png"]
    assert all(content.startswith(b"\x89PNG") for content in files.values())
    (record, *_) = records
    alone = dict(drawn([record], ["val_accuracy"]))
    assert list(alone) == ["history.png"]  # no param varies


@pytest.mark.parametrize(("count", "expected"), [(9, []), (10, ["figures/f.png"])])
def test_a_few_configurations_need_no_figure(
    tmp_path: Path, count: int, expected: list[str]
) -> None:
    paths = LaunchPaths(tmp_path, "s", 1)
    paths.folder.mkdir(parents=True)
    leaders = [{"lr": 0.1 * number, "val_loss": 0.5} for number in range(count)]
    told: list[str] = []
    figure = [("f.png", b"x")]
    files = write(paths, study(1), leaders, ["val_loss"], told.append, lambda *_: figure)
    assert files == ["leaders.csv", *expected] and told == []
    text = (paths.folder / "leaders.csv").read_text()
    assert text.startswith("rank,val_loss,lr\n1,0.5,0.0\n2,0.5,0.1\n")


def test_what_cannot_be_written_is_told_and_fails_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    paths = LaunchPaths(tmp_path / "gone", "s", 1)
    assert (
        write(paths, study(1), [{"val_loss": 1.0}], ["val_loss"], told.append, lambda *_: ()) == []
    )
    assert len(told) == 1 and "were not all written" in told[0]
