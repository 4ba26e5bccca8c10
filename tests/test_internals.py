"""Private interfaces of Numba, Optuna, MLflow, Ray and tonic stand in one file each only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ADAPTERS = {
    "optuna": "analysis/store/optuna_internals.py",
    "mlflow": "analysis/store/mlflow_internals.py",
    "numba": "snn/kernels/cpu/numba_internals.py",
    "ray": "sweep/cluster/ray_internals.py",
    "tonic": "snn/data/events/files/tonic_internals.py",
}
NOT_PUBLIC = ("mlflow.store", "mlflow.utils", "ray.dashboard")  # though they have no underscore
PRIVATE = re.compile(rf"^({'|'.join(ADAPTERS)})(\.\w+)*\._[a-z]")
OF_PYTHON = {"_replace", "_asdict", "_fields"}  # of named tuples: public all the same
OTHERS = {("os", "_exit"), ("torch", "_foreach_add_"), ("torch", "_fused_adam_")}


def private_uses(source: str) -> Iterator[str]:
    """Names in a program that belong to a library alone, with their lines."""
    for node in ast.walk(ast.parse(source)):
        for name in _names(node):
            yield f"{node.lineno}: {name}"  # type: ignore[attr-defined]


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if _is_private(alias.name))
    elif isinstance(node, ast.ImportFrom):
        whole = (f"{node.module}.{alias.name}" for alias in node.names)
        yield from (name for name in whole if _is_private(name))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if PRIVATE.match(node.value):
            yield node.value
    elif isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr):
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        ours = owner in ("self", "cls") or node.attr in OF_PYTHON
        if not ours and (owner, node.attr) not in OTHERS:
            yield ast.unparse(node)


def _is_private(name: str) -> bool:
    return bool(PRIVATE.match(name)) or name.startswith(tuple(f"{n}." for n in NOT_PUBLIC))


def test_no_other_file_uses_them() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{use}"
        for package in ("snn", "sweep", "analysis", "docker")
        for path in (ROOT / package).rglob("*.py")
        if str(path.relative_to(ROOT)) not in ADAPTERS.values()
        for use in private_uses(path.read_text())
    }
    assert found == set()


@pytest.mark.parametrize(("library", "adapter"), ADAPTERS.items())
def test_an_adapter_is_of_one_library(library: str, adapter: str) -> None:
    source = (ROOT / adapter).read_text()
    assert list(private_uses(source))
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in _modules(node)
        if name.split(".")[0] in ADAPTERS
    }
    assert imported == {library}


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


@pytest.mark.parametrize(
    "line",
    [
        "from ray._private import worker",
        "import optuna.storages._rdb",
        "from mlflow.store.db.utils import create_sqlalchemy_engine",
        "from mlflow.tracking import _tracking_service",
        "trial._trial_id",
        "client._tracking_client.store",
        "super()._do_request('GET', '/')",
        "scripts = 'optuna.storages._rdb'",
    ],
)
def test_such_a_use_is_found(line: str) -> None:
    assert list(private_uses(line))


@pytest.mark.parametrize("line", ["self._study_id", "batch._replace(rates=1)", "import optuna"])
def test_what_is_public_or_ours_is_not(line: str) -> None:
    assert not list(private_uses(line))
