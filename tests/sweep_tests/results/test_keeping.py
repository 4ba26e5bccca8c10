"""What is shown before something is removed: trials as a user counts them, and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from analysis.records import Tag
from sweep.results.holdings import holdings
from sweep.results.spare_files import spare
from tests.sweep_tests.results.launched import launched
from tests.sweep_tests.workplace import Workplace


@pytest.mark.usefixtures("in_folder")
def test_trials_are_counted_once_and_what_other_sweeps_took_from_others_not(tmp_path: Path) -> None:
    launched("one")
    launched("one")  # the same trial in another launch
    (first, _) = Workplace(tmp_path).runs("one")
    launched("other", tags={Tag.REUSED_FROM: "of a third sweep"})
    launched("again", tags={Tag.REUSED_FROM: first.info.run_id})
    found = spare("one")
    assert (found.leading, found.used) == (1, 0)
    assert next(found.lines()) == "keeps the networks of 1 trial of leaders"


@pytest.mark.usefixtures("in_folder")
def test_before_a_deletion_it_is_told_what_stays_until_mlflow_removes_it(tmp_path: Path) -> None:
    launched("one")
    (run,) = Workplace(tmp_path).runs("one")
    client = MlflowClient()
    client.create_registered_model("digits")
    client.create_model_version("digits", f"{run.info.artifact_uri}/model", run.info.run_id)
    lines = list(holdings("one").lines())
    assert lines[0].endswith("they keep their copies of networks until `mlflow gc`")
    assert lines[-1] == "warning: models:/digits/1 is of it, and is broken after `mlflow gc`"
