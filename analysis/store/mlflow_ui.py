"""What we know of MLflow's web pages beside their documentation: all of it stands here.

Checked with MLflow 3.17. If a new version changes its pages, change this file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI
    from flask import Response

LONGEST_EXPERIMENT_TAG = 5_000
"""Characters of a tag of an experiment that MLflow's databases take."""

SERVER = "spikesweep"
"""Name of the entry point by which `mlflow server` finds `server`, below; the server of a cluster
(`docker/services/mlflow-server`) is `spikesweep-users`, `server_with_users`."""

_VIEW = "spikesweep"
_VIEW_TAG = f"mlflow.sharedViewState.{_VIEW}"
_TRAINING = "machine_learning"
_MOST_VIEWS = 5  # whose addresses are told
# What a browser that comes for the first time keeps. By itself it would choose the pages on
# language models, and open a chat with one; no tag and no setting of a server changes that.
_CHOSEN = {
    "mlflow.workflowType_v1": _TRAINING,
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": True,
}


def column(kind: str, name: str) -> str:
    """How the list of runs names a column; the kind is `params`, `metrics` or `tags`."""
    return f"{kind}.`{name}`"


def saved_view(title: str, state: Mapping[str, Any], made_ms: int) -> tuple[str, str]:
    """The tag of an experiment, and its value, that is a view of its runs.

    Args:
        title: Among the views.
        state: Of the list of runs, its columns and charts.
        made_ms: When, since 1970.
    """
    packed = json.dumps(state, separators=(",", ":"))
    view = {"name": title, "createdAt": made_ms, "updatedAt": made_ms, "state": packed}
    return _VIEW_TAG, json.dumps(view, separators=(",", ":"))


def ui_address(server: str, experiment: str = "", *, view: bool = False) -> str:
    """The address of all experiments, or of the runs of one, in our view of them."""
    page = f"experiments/{experiment}/runs" if experiment else "experiments"
    shown = f"viewStateShareKey={_VIEW}&" if view else ""
    return f"{server}/#/{page}?{shown}workflowType={_TRAINING}"


def latest_views(store: str, server: str) -> dict[str, str]:
    """The addresses of our views of the experiments that changed last, by the experiment's name.

    Args:
        store: Its address.
        server: Address of a server of this store.

    Raises:
        Exception: Whatever MLflow or its database may throw.
    """
    from mlflow.tracking import MlflowClient

    latest = MlflowClient(store).search_experiments(order_by=["last_update_time DESC"])
    ours = [found for found in latest if _VIEW_TAG in found.tags]
    return {
        found.name: ui_address(server, found.experiment_id, view=True)
        for found in ours[:_MOST_VIEWS]
    }


def view_on_server(store: str, server: str, experiment: str) -> str:
    """The address of our view of an experiment; empty if a database is the store, or none is found.

    Args:
        store: Its address.
        server: The same, as people may see it.
        experiment: Its name.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    if not store.startswith("http"):
        return ""
    try:
        found = MlflowClient(store).get_experiment_by_name(experiment)
    except MlflowException:  # the server has just gone: the runs are found another time
        return ""
    return ui_address(server, found.experiment_id, view=_VIEW_TAG in found.tags) if found else ""


def server() -> FastAPI:
    """MLflow's server, which shows model training to browsers that have not chosen yet."""
    from mlflow.server import app as pages
    from mlflow.server.fastapi_app import app

    pages.after_request(_with_choice)
    served: FastAPI = app
    return served


def server_with_users() -> FastAPI:
    """The same with MLflow's users: `mlflow server --app-name basic-auth`, in model training.

    Raises:
        Exception: What MLflow throws where its settings of users are wrong.
    """
    from mlflow.server import app as pages
    from mlflow.server.auth import create_app

    served: FastAPI = create_app(pages)
    pages.after_request(_with_choice)
    return served


def _with_choice(response: Response) -> Response:
    """The page that loads all others, with a script that makes the choice."""
    if response.mimetype == "text/html" and response.status_code == 200:
        response.direct_passthrough = False
        page = response.get_data(as_text=True)
        response.set_data(page.replace("<head>", f"<head><script>{_script()}</script>", 1))
        response.headers["Cache-Control"] = "no-store"  # another server may have this address next
        for header in ("ETag", "Last-Modified"):
            response.headers.pop(header, None)
    return response


def _script() -> str:
    return (
        f"for (const [key, value] of Object.entries({json.dumps(_CHOSEN)})) "
        "if (localStorage.getItem(key) === null) localStorage.setItem(key, JSON.stringify(value));"
    )
