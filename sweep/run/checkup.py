"""Checks whether this machine is ready; each is a line of `spikesweep doctor`."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version

from analysis.text.addresses import shown
from analysis.text.plain import counted
from sweep.cluster.packing import MOST_BY_ITSELF
from sweep.errors import SpecError, SweepError, first_line

Finding = tuple[bool, str]
_GB = 1e9
_ENOUGH_GB = 2.0
_USUAL_DATA = ("mnist", "fashion_mnist", "digits")  # of the bundled sweeps


def _packages() -> Finding:
    names = ("torch", "torchvision", "numba", "ray", "optuna", "mlflow")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    try:
        import torch  # noqa: F401
        import torchvision  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        return False, f"{versions}; torch and torchvision do not fit: {error}"
    return True, f"Python {platform.python_version()}, {versions}"


def _processors() -> Finding:
    import torch

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    packs = f"; pack: auto trains up to {MOST_BY_ITSELF} trials on each" if gpus else ""
    return True, f"{os.cpu_count()} CPUs; GPU: {', '.join(gpus) or 'none, not needed'}{packs}"


def _kernels() -> Finding:
    """Train on one image with the backend of every neuron model, which compiles it if necessary."""
    import torch

    from snn import SpikingNetwork, TrialConfig, kernels
    from snn.config import SPIKING
    from snn.training.computation import limits

    device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen: dict[str, list[str]] = {}
    for dynamics in SPIKING:
        config = TrialConfig(dynamics=dynamics, hidden=[8], recurrent=True)
        name, reason, _ = kernels.choose(config, device)
        try:
            network = SpikingNetwork(config, n_pixels=9).to(device)
            image = torch.full((1, 9), 255, dtype=torch.uint8, device=device)
            network(image).logits.sum().backward()
        except Exception as error:  # compilers and drivers raise errors of many kinds
            return False, f"{name} fails: {first_line(error)}; use backend: reference"
        chosen.setdefault(f"{name} ({reason})", []).append(dynamics)
    found = (f"{', '.join(models)}: {name}" for name, models in chosen.items())
    told = *found, counted(torch.get_num_threads(), "thread"), *limits(device)
    return True, "; ".join(told)


def _data() -> Finding:
    from snn.data import load, sources
    from snn.data.files import default_root
    from snn.errors import DataError

    found = []
    for name in filter(sources.is_here, sources.NAMES):
        try:
            load(name, download=False)
            found.append(name)
        except DataError as error:
            return False, str(error)
    missing = [name for name in _USUAL_DATA if name not in found]
    text = f"{default_root()}: {', '.join(found)}"
    # What is missing is fetched when a sweep first asks for it.
    return True, text + (f"; not here yet: {', '.join(missing)}" if missing else "")


def _mlflow() -> Finding:
    from analysis.errors import SchemaError
    from sweep.tracking.store import open_store, store_exists, store_uri

    uri = shown(store_uri())
    try:
        if not store_exists():
            return True, f"{uri} (made by the first sweep)"
        count = len(open_store().search_experiments())
    except SchemaError as error:
        return False, str(error)
    except Exception as error:  # MLflow, databases and networks raise errors of many kinds
        return False, f"{uri} cannot be read: {first_line(error)}"
    return True, f"{uri}: {count} experiments"


def _optuna() -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    from analysis.errors import SchemaError
    from analysis.store.schema import OPTUNA, look, require
    from sweep.host.paths import study_storage

    url = study_storage()
    try:
        found = look(url, OPTUNA)
        require(found, url, OPTUNA)
    except SchemaError as error:
        return False, str(error)
    except (SQLAlchemyError, ImportError) as error:
        return False, f"{shown(url)} cannot be read: {first_line(error)}"
    return True, shown(url) + ("" if found.holds_something else " (made by the first sweep)")


def _storage() -> Finding:
    from sweep.host.paths import storage_root

    try:
        root = storage_root()
        existing = next(p for p in (root, *root.parents) if p.exists())
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free / _GB
    except (OSError, SpecError) as error:
        return False, str(error)
    return free > _ENOUGH_GB, f"{root}: {free:.0f} GB free"


def _ray() -> Finding:
    if not any(os.environ.get(name) for name in ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")):
        return True, "on this machine, started per sweep"
    from sweep.cluster.jobs import JobServer

    try:
        there = JobServer(None)
        return True, f"cluster at {shown(there.url)}, Ray {there.version()}"
    except SweepError as error:
        return False, str(error)


CHECKS: Mapping[str, Callable[[], Finding]] = {
    "packages": _packages,
    "machine": _processors,
    "kernels": _kernels,
    "data": _data,
    "MLflow": _mlflow,
    "Optuna": _optuna,
    "files": _storage,
    "Ray": _ray,
}
