"""What a server must have installed to compute a network."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import packages_distributions, version

from snn.declarations.files import PluginFile

_ALWAYS = ("mlflow", "numba", "numpy", "pydantic", "scikit-learn", "torch")
_BROUGHT = frozenset({"snn", *sys.stdlib_module_names})  # the model has a copy of snn


def requirements(files: Sequence[PluginFile]) -> list[str]:
    """The packages that `snn` and users' files import, with their versions here, as pip has them.

    Args:
        files: What they import is read from their text.
    """
    names = set(_ALWAYS)
    known = packages_distributions() if files else {}
    for module in _imported(files):
        names.update(known.get(module, [])[:1])
    return [f"{name}=={version(name)}" for name in sorted(names)]


def _imported(files: Iterable[PluginFile]) -> Iterator[str]:
    """The top-level modules that files import."""
    for file in files:
        for node in ast.walk(ast.parse(file.content)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from {name.partition(".")[0] for name in names} - _BROUGHT
