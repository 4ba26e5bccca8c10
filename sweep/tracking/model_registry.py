"""A trained network in MLflow's model registry, ready to be served."""

from __future__ import annotations

import json
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import snn
from analysis.records import Tag
from analysis.text.redaction import redacted
from snn.networks import Network, pictures
from snn.training import checkpoint
from sweep.errors import SpecError, SweepError
from sweep.tracking.store import open_store

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_FOLDER = "model"  # among the artifacts of the run
_NEEDS = ("mlflow", "numba", "numpy", "pydantic", "scikit-learn", "torch")


def register(model: str, run_id: str, path: Path) -> str:
    """Put the network of a run into the registry, once; its version.

    The model holds the network, its code, a signature, an example, its configuration and metrics:
    pixels uint8 (B, N) in, class probabilities float32 (B, C) out.

    Args:
        model: Name in the registry.
        run_id: Of the run that trained it; the model is kept among its artifacts.
        path: The network's checkpoint.

    Raises:
        SpecError: The name is not allowed.
        SnnError: The checkpoint or the data set, of which the example is, cannot be read.
        SweepError: MLflow does not take it.
    """
    if not model.strip() or any(sign in model for sign in "/:%\"'"):
        raise SpecError(f"--register {model}: needs a name without / : % and quotes")
    network, metrics = checkpoint.load_network(path)
    if network.config.has_own_network:
        raise SpecError(
            f"--register {model}: the network is of {network.config.component('network').file}, "
            "which a server does not have; networks of layers can be registered"
        )
    client = open_store()
    try:
        known = _registered(client, model, run_id)
        return known or _register(client, model, run_id, path, network, metrics)
    except OSError:
        raise
    except Exception as error:  # any of MLflow's, its database's or the network's
        raise SweepError(f"MLflow does not register {model}: {_first_line(error)}") from None


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
    metadata: dict[str, Any] = {"config": network.config.params(), "metrics": metrics}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, of its own models
        from sweep.tracking import served

        mlflow.pyfunc.save_model(
            str(folder),
            python_model=served.__file__,
            artifacts={served.NETWORK: str(path)},
            code_paths=[str(Path(snn.__file__).parent)],
            signature=signature,
            input_example=pictures.read(["test:0"], network).numpy(),
            metadata=metadata,
            pip_requirements=[f"{name}=={version(name)}" for name in _NEEDS],
        )


def _first_line(error: Exception) -> str:
    return (redacted(str(error)).strip().splitlines() or [repr(error)])[0][:300]
