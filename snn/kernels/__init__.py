"""The time loop of a layer, behind one signature.

`reference` is the definition; a faster backend has the same `run` and is held to it by the tests.
"""

from snn.kernels.reference import run

__all__ = ["run"]
