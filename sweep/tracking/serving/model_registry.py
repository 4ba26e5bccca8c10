"""A trained network in MLflow's model registry, ready to be served."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import snn
from analysis.records import Tag
from snn.declarations.files import PluginFile, keep
from snn.networks import Network, pictures
from snn.networks.pictures import takes_events
from snn.plugins.loading import files_of
from snn.training.checkpoints import checkpoint
from sweep.errors import SpecError, SweepError, first_line
from sweep.tracking.serving.requirements import requirements
from sweep.tracking.store import open_store

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_FOLDER = "model"  # among the artifacts of the run


def register(model: str, run_id: str, path: Path, files: Iterable[PluginFile] = ()) -> str:
    """Put the network of a run into the registry, once; returns its version.

    The model holds the network, its code, a signature, an example, its configuration and metrics:
    pixels uint8 (B, N) in, class probabilities float32 (B, C) out. Its code is the package `snn`
    and the users' files that the network was trained with. What they import is among its
    requirements.

    Args:
        model: Name in the registry.
        run_id: Of the run that trained it; the model is kept among its artifacts.
        path: The network's checkpoint.
        files: Where to look for the users' files, beside those that are in use.

    Raises:
        SpecError: The name is not allowed.
        SnnError: The checkpoint, or the data set of the example, cannot be read, or a user's file
            is not there.
        SweepError: MLflow refuses it.
    """
    if not model.strip() or any(sign in model for sign in "/:%\"'"):
        raise SpecError(f"--register {model}: needs a name without / : % and quotes")
    network, metrics = checkpoint.load_network(path, files)
    if takes_events(network):
        raise SpecError(
            f"--register {model}: the network learned events, and a served model takes pixels"
        )
    client = open_store()
    try:
        known = _registered(client, model, run_id)
        return known or _register(client, model, run_id, path, network, metrics)
    except OSError:
        raise
    except Exception as error:  # MLflow, databases and networks raise errors of many kinds
        raise SweepError(f"MLflow does not register {model}: {first_line(error)}") from None


def _registered(client: MlflowClient, model: str, run_id: str) -> str:
    """The version of this model that is of this run, or an empty string."""
    found = client.search_model_versions(f"name = '{model}'")
    return next((str(v.version) for v in found if v.run_id == run_id), "")


def _register(
    client: MlflowClient,
    model: str,
    run_id: str,
    path: Path,
    network: Network,
    metrics: dict[str, float],
) -> str:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / _FOLDER
        _save(folder, path, network, metrics)
        client.log_artifacts(run_id, str(folder), _FOLDER)
    if not client.search_registered_models(f"name = '{model}'"):
        client.create_registered_model(model)
    config = network.config
    tags = {Tag.CONFIG_ID: config.config_id, **{name: f"{v:.6g}" for name, v in metrics.items()}}
    source = f"{client.get_run(run_id).info.artifact_uri}/{_FOLDER}"
    created = client.create_model_version(
        model, source, run_id=run_id, tags=tags, description=json.dumps(config.params())
    )
    return str(created.version)


def _save(folder: Path, path: Path, network: Network, metrics: dict[str, float]) -> None:
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    signature = ModelSignature(
        Schema([TensorSpec(np.dtype(np.uint8), (-1, network.n_pixels))]),
        Schema([TensorSpec(np.dtype(np.float32), (-1, network.n_classes))]),
    )
    files = files_of(network.config.registry)
    example: Any = pictures.read(["test:0"], network)
    metadata: dict[str, Any] = {"config": network.config.params(), "metrics": metrics}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, of its own models
        from sweep.tracking.serving import served

        artifacts = {served.NETWORK: str(path)}
        if files:
            kept = folder.with_name(served.FILES)
            keep(files, kept)
            artifacts[served.FILES] = str(kept)
        mlflow.pyfunc.save_model(
            str(folder),
            python_model=served.__file__,
            artifacts=artifacts,
            code_paths=[str(Path(snn.__file__).parent)],
            signature=signature,
            input_example=example.numpy(),
            metadata=metadata,
            pip_requirements=requirements(files),
        )
