"""The model that MLflow serves: images in, class probabilities out.

MLflow copies this file and the package `snn` into the registered model, and runs them there: what
was registered does not change with later versions of spikesweep. Users' files that the network was
trained with are among its artifacts. Who loads a model runs the code in it, as with all models of
MLflow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from snn.declarations.files import kept
from snn.training.checkpoints import checkpoint

NETWORK = "network"
"""Name of the checkpoint among the model's artifacts."""

FILES = "plugins"
"""Name of the folder with users' files among them, if there are any."""


class Classifier(PythonModel):
    """A trained network behind MLflow's `predict`."""

    def load_context(self, context: Any) -> None:
        """Read the network."""
        folder = context.artifacts.get(FILES)
        files = kept(Path(folder)) if folder else []
        self.network, _ = checkpoint.load_network(context.artifacts[NETWORK], files)

    def predict(
        self,
        context: Any,
        model_input: np.ndarray,  # the only array that MLflow knows
        params: Any = None,
    ) -> npt.NDArray[np.float32]:
        """Class probabilities (B, C) of pixels (B, N) uint8.

        Raises:
            ArrayError: The pixels are of another type or size; 256 or -1 is not taken for 0 or 255.
        """
        pixels = torch.from_numpy(np.array(model_input))
        probabilities: npt.NDArray[np.float32] = self.network.probabilities(pixels).numpy()
        return probabilities


set_model(Classifier())
