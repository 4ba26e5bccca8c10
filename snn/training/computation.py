"""What computes a training: the backend, and whether its steps are recorded as CUDA graphs."""

from __future__ import annotations

from snn import kernels, registry
from snn.config import TrialConfig
from snn.registry import SPIKING_KINDS
from snn.training.augmenting import of_events
from snn.training.stepping import Graphs, Recorder


def backend_of(config: TrialConfig, device: str) -> str:
    """The backend that computes a spiking network; "torch" for the one that does not spike."""
    return kernels.choose(config, device).name if config.spiking else "torch"


def unrecorded(config: TrialConfig, device: str) -> str:
    """Why every step of a training is done by Python; empty where steps are recorded.

    A recorded step cannot ask the device for values, and the code of a user may. The reference
    asks it for the shapes of its arrays, and so does the augmentation of events.
    """
    if device != "cuda":
        return "only a GPU records steps"
    for each in (config.component("network"), config.component("loss")):
        if each.digest:
            return f"{each.title} is a user's"
    if of_events(config).changes:
        return "events are augmented"
    return "" if backend_of(config, device) != "reference" else "the reference is not recorded"


def computed_by(config: TrialConfig, device: str) -> str:
    """The backend, and on a GPU why its steps are not recorded, where that is not its own limit."""
    backend, reason = backend_of(config, device), unrecorded(config, device)
    if device != "cuda" or backend == "reference" or not reason:
        return backend
    return f"{backend}, steps not recorded: {reason}"


def recorder_of(config: TrialConfig, device: str) -> Recorder | None:
    """How the steps of a training are recorded; None where each is done by Python."""
    return None if unrecorded(config, device) else Graphs()


def limits(device: str) -> tuple[str, ...]:
    """What is slower on a device than the rest, beside neurons without loops; a clause each."""
    parts = (each for kind in SPIKING_KINDS[1:] for each in registry.current().of(kind))
    titles = [each.title for each in parts if device not in each.compiled]
    if device == "cuda":
        titles += [each.title for each in registry.current().of("loss") if each.reads_trace]
    found = [f"the reference computes {', '.join(titles)}"] if titles else []
    if device == "cuda":
        found.append(
            "steps are recorded but with the reference, augmented events, a user's network or loss"
        )
    return tuple(found)
