"""What a user sees of a sweep in MLflow: names, the view, the description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import pytest

from analysis.store import mlflow_ui
from analysis.store.mlflow_ui import LONGEST_EXPERIMENT_TAG, view_on_server
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification
from sweep.tracking.shown.description import describe
from sweep.tracking.shown.names import naming
from sweep.tracking.shown.view import prepared

SEARCH: dict[str, Any] = {
    "dynamics": ["lif", "alif"],
    "recurrent": [False, True],
    "hidden": {"int": [16, 64], "step": 16},
    "lr": {"loguniform": [1e-4, 1e-2]},
    "beta": {"float": [0, 1], "when": {"dynamics": "alif"}},
}


def plan(**changes: Any) -> Specification:
    base = {"dataset": "digits", "encoding": "constant"}
    return parse_sweep({"name": "s", "base": base, "search": SEARCH, "seeds": [0, 1], **changes})


def test_a_name_has_the_seed_and_what_was_searched_first_and_nothing_constant() -> None:
    sweep = plan()
    point = {"dynamics": "alif", "recurrent": True, "hidden": 32, "lr": 0.0012345, "beta": 0.5}
    config = sweep.config(point, 1)
    expected = f"s1 alif recurrent 32 lr=0.00123 beta=0.5 {config.config_id[:6]}"
    assert naming(sweep)(config) == expected
    lif = {"dynamics": "lif", "recurrent": False, "hidden": [32, 16], "lr": 0.01}
    alone = plan(seeds=[3])
    config = alone.config(lif, 3)
    assert naming(alone)(config) == f"lif 32x16 lr=0.01 {config.config_id[:6]}"


def test_points_are_named_by_what_differs_between_them() -> None:
    points = [{"lr": 0.1, "hidden": 16}, {"lr": 0.2, "hidden": 16}]
    sweep = plan(search={}, points=points, sampler="grid", seeds=[0])
    config = sweep.configs()[1]
    assert naming(sweep)(config) == f"lr=0.2 {config.config_id[:6]}"


def test_the_view_shows_what_was_searched_with_the_best_first() -> None:
    ((_, value),) = prepared(plan(metric="val_loss"), 7).items()
    view = json.loads(value)
    assert (view["name"], view["createdAt"]) == ("Trials, best first", 7)
    state = json.loads(view["state"])
    assert (state["orderByKey"], state["orderByAsc"]) == ("metrics.`best_val_loss`", True)
    params = [name for name in state["selectedColumns"] if name.startswith("params.")]
    assert params == [f"params.`{name}`" for name in (*SEARCH, "seed")]
    axes, line = state["compareRunCharts"]
    # MLflow draws no run without one of these; LIF has no beta
    assert axes["selectedParams"] == ["dynamics", "recurrent", "hidden", "lr"]
    assert axes["selectedMetrics"] == line["selectedMetricKeys"] == ["val_loss"]


def test_the_view_of_any_search_fits_into_a_tag_and_without_a_search_there_is_none() -> None:
    keys = ["lr", "hidden", "beta", "tau_mem", "threshold", "weight_decay", "label_smoothing"]
    keys += ["dropout", "batch_size", "n_steps", "surrogate_slope", "tau_out", "val_fraction"]
    search = {key: [0.1, 0.2] for key in keys}
    search |= {"hidden": [16, 32], "batch_size": [16, 32], "n_steps": [10, 20]}
    ((_, value),) = prepared(plan(search=search, base={"dataset": "digits"}), 7).items()
    assert len(value) <= LONGEST_EXPERIMENT_TAG
    assert prepared(plan(search={}, points=[{"lr": 0.1}], sampler="grid"), 7) == {}


def test_the_description_says_what_is_searched_and_how() -> None:
    text = describe(plan(description="Which is best?", trials=5))
    assert text.startswith("Which is best?\n\n5 configurations × 2 seeds; sampler tpe")
    assert "aims at val_accuracy (max)" in text
    assert "- `dynamics`: lif, alif\n" in text


@pytest.mark.parametrize("known", ["mlflow.workflowType", "mlflow.sharedViewState.", "PARALLEL"])
def test_the_pages_of_the_installed_mlflow_still_know_these_names(known: str) -> None:
    pages = Path(mlflow.__file__).parent / "server" / "js" / "build" / "static" / "js"
    assert any(known in page.read_text() for page in pages.glob("main.*.js"))


def test_a_sweep_on_a_server_is_told_the_address_of_its_view(server: int) -> None:
    store, shown = f"http://127.0.0.1:{server}", "https://lab"
    client = mlflow.MlflowClient(store)
    number = client.create_experiment("viewed", tags=prepared(plan(), 7))
    runs = f"{shown}/#/experiments/{number}/runs?viewStateShareKey=spikesweep&"
    assert view_on_server(store, shown, "viewed") == f"{runs}workflowType=machine_learning"
    client.create_experiment("nothing-searched")
    assert "View" not in view_on_server(store, shown, "nothing-searched")
    assert view_on_server(store, shown, "never-run") == ""
    assert view_on_server("sqlite:///mlflow.db", shown, "viewed") == ""


def test_the_server_is_found_by_its_name() -> None:
    from importlib.metadata import entry_points

    (found,) = entry_points(group="mlflow.app", name="spikesweep")
    assert found.load() is mlflow_ui.server
