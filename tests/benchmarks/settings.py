"""What a run of the benchmark is asked to do."""

from __future__ import annotations

import sys
from typing import NamedTuple


class Settings(NamedTuple):
    """Sizes and repeats of all sections.

    Attributes:
        repeats: Samples of every call.
        quick: A smoke run: small sizes, untrained weights.
        device: cpu or cuda.
    """

    repeats: int = 9
    quick: bool = False
    device: str = "cpu"

    @property
    def batch(self) -> int:
        return 32 if self.quick else 256

    @property
    def n_steps(self) -> int:
        return 20 if self.quick else 100

    @staticmethod
    def tell(what: str) -> None:
        print(f"measuring: {what}", file=sys.stderr, flush=True)
