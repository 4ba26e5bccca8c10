"""A trained network in the formats of others; needs the packages of `.[export]`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from snn.errors import ExportError
from snn.networks import Network

Format = Literal["onnx", "nir"]
_NEEDS: dict[Format, tuple[str, ...]] = {"onnx": ("onnx", "onnxscript"), "nir": ("nir",)}


def write(
    network: Network, path: Path, format: Format, solver: Literal["exact", "euler"] = "exact"
) -> None:
    """Write a network as ONNX (`onnx_model`) or NIR (`nir_graph`, which explains `solver`).

    Raises:
        ExportError: The format cannot say what the network computes, or a package is missing.
        OSError: The file cannot be written.
    """
    for package in _NEEDS[format]:
        if find_spec(package) is None:
            raise ExportError(f"{format}: the package {package} is missing; install .[export]")
    if format == "onnx":
        from snn.export.onnx_model import to_onnx

        path.write_bytes(to_onnx(network).SerializeToString())
        return
    import nir

    from snn.export.nir_graph import to_nir

    nir.write(path, to_nir(network, solver))
