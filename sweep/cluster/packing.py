"""How many trials one process trains side by side."""

from __future__ import annotations

from snn.config import LAYERS
from sweep.spec.sections.resources import AUTO, OFF, Resources
from sweep.spec.specification import Specification

MOST_BY_ITSELF = 16
_CARD = 16 * 2**30  # bytes, where the driver has no card to look at
_USED = 0.8  # of it; the rest is for fragments
_FIXED = 2**29  # bytes of a trial: its data, its recorded graphs, workspaces of products
_KEPT = 34  # bytes per neuron, step and sample: the most that a backward pass keeps, and as much
_VALIDATED = 1000, 5  # samples at a time, and bytes per neuron and step of each


def settled(sweep: Specification) -> Resources:
    """What a trial asks for, with `pack: auto` as a number of trials.

    They share a whole GPU, as many as it has memory for. A network of a user's has a process of its
    own, and on a CPU packing brings little.
    """
    needs = sweep.resources
    if needs.pack != AUTO:
        return needs
    own = set(sweep.values("network")) != {LAYERS}
    if needs.gpu != 1 or own:
        return needs.model_copy(update={"pack": OFF})
    fit = int(_USED * _memory_of_card() / _bytes_of_trial(sweep))
    return needs.model_copy(update={"pack": max(1, min(MOST_BY_ITSELF, fit))})


def in_words(needs: Resources) -> str:
    """That trials are packed, for people; empty if they are not."""
    if needs.together == 1:
        return ""
    where = "on a GPU " if needs.gpu else ""
    return (
        f"{needs.together} trials {where}are trained side by side in one process (resources.pack)"
    )


def _bytes_of_trial(sweep: Specification) -> int:
    """What the largest trial takes of a card, estimated."""
    neurons = max(sum(hidden) for hidden in sweep.values("hidden"))
    each = max(sweep.values("n_steps")) * neurons
    trained = _KEPT * max(sweep.values("batch_size"))
    validated, kept = _VALIDATED
    return int(_FIXED + each * max(trained, validated * kept))


def _memory_of_card() -> int:
    import torch

    if not torch.cuda.is_available():
        return _CARD
    return int(torch.cuda.get_device_properties(0).total_memory)
