"""The data of a run as MLflow shows them: one data set each for training, validation and test.

The outbox keeps a short note of them, because every trial has one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snn.data.base import Data

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

_CONTEXT = "mlflow.data.context"
_DIGEST = 8  # hex digits of the SHA-256 of all samples and labels, as many as MLflow's own
_NAME = 480  # MLflow takes 500
_PARTS = {"training": "train", "validation": "train", "test": "test"}  # and of which samples


def note(data: Data) -> dict[str, Any]:
    """What the outbox keeps of a data set."""
    return {
        "name": data.name,
        "digest": data.sha256[:_DIGEST],
        "train": len(data.train_labels),
        "test": len(data.test_labels),
        "classes": data.n_classes,
    }


def inputs_of(noted: Mapping[str, Any]) -> list[DatasetInput]:
    """The data sets of a note.

    MLflow knows them by name and digest. The training and the validation part are of the same
    samples, split by the seed, so their sizes are those of both together.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    name, source = str(noted["name"])[-_NAME:], json.dumps({"uri": noted["name"]})
    found = []
    for context, of in _PARTS.items():
        split = {"split": "by val_fraction and seed"} if of == "train" else {}
        profile = {"samples": noted[of], "classes": noted["classes"], **split}
        data = Dataset(
            name=f"{name} {context}",
            digest=noted["digest"],
            source_type="local",
            source=source,
            profile=json.dumps(profile),
        )
        found.append(DatasetInput(data, [InputTag(_CONTEXT, context)]))
    return found
