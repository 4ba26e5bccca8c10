"""Inputs that are whole, made once: the damage is done to them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

MODEL, IMAGE, RUNS, STORE, DATA = "model.pt", "i.png", "r.parquet", "mlflow.db", "raw"


@dataclass(frozen=True)
class Material:
    """A folder of whole inputs."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where one is."""
        return self.folder / name

    def read(self, name: str) -> bytes:
        """What is in one."""
        return _read(self.folder / name)


@cache
def _read(path: Path) -> bytes:
    return path.read_bytes()


def prepare(folder: Path) -> Material:
    """Make all of them in an empty folder."""
    from analysis.store.schema import MLFLOW
    from analysis.store.schema import prepare as make_tables
    from analysis.text.addresses import sqlite_url
    from snn.config import TrialConfig
    from snn.networks import build
    from snn.training.checkpoints import checkpoint
    from tests.fuzzing import data_files, run_files

    material = Material(folder)
    config = TrialConfig.parse(
        {"dataset": "digits", "dynamics": "lif", "hidden": 6, "n_steps": 5, "encoding": "constant"}
    )
    checkpoint.save_network(material.path(MODEL), build(config, 64, 10), {"val_accuracy": 0.5})
    content = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(content, "png")
    material.path(IMAGE).write_bytes(content.getvalue())
    material.path(RUNS).write_bytes(run_files.whole())
    make_tables(sqlite_url(material.path(STORE)), MLFLOW)
    material.path(DATA).mkdir()
    for name, sizes in data_files.FILES.items():
        with material.path(f"{DATA}/{name}").open("wb") as file:
            file.write(data_files.head(name))
            file.truncate(len(data_files.head(name)) + int(np.prod(sizes)))
    return material
