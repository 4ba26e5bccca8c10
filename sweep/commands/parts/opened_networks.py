"""Networks of runs, opened: for figures that show what a network does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from analysis.data.activity import ImageActivity

_IMAGE = "test:0"


def activity_of_run(runs: pd.DataFrame, named: Sequence[str], run_id: str) -> ImageActivity:
    """What the network of a run does with the first test image.

    Args:
        runs: All runs, each with its sweep, whose launch in this folder has kept its plugins.
        named: Paths of plugins that the user names.
        run_id: One of them.

    Raises:
        AnalysisError: The network or the data set is not here, or the network does not spike.
    """
    from analysis.errors import AnalysisError
    from analysis.store.artifacts import checkpoint_of

    file = checkpoint_of(run_id)  # before torch is imported for nothing
    from snn.errors import SnnError
    from snn.networks import pictures
    from snn.training.checkpoints import checkpoint
    from sweep.commands.parts.activity import activities
    from sweep.errors import SpecError
    from sweep.spec.kept_files import files_for

    try:
        sweep = str(runs.set_index("run_id")["sweep"][run_id])
        network, _ = checkpoint.load_network(file, files_for(file, [sweep], named))
        pixels = pictures.read([_IMAGE], network)
        (activity,) = activities(network, [_IMAGE], pixels, network.probabilities(pixels))
    except (SnnError, SpecError) as error:
        raise AnalysisError(str(error)) from None
    return activity
