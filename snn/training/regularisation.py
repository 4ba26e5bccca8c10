"""What is added to plain training so that a network generalises, or fires less."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from snn.config import TrialConfig
from snn.losses import Answer, loss
from snn.networks import Network
from snn.networks.mlp import MLPActivity
from snn.networks.own import OwnActivity, OwnNetwork
from snn.networks.spiking import Activity


def objective(
    activity: Activity | MLPActivity | OwnActivity, labels: Tensor, config: TrialConfig
) -> Tensor:
    """The loss of the configuration plus the penalties on spikes; a scalar."""
    answer = Answer(logits=activity.logits, counts=activity.counts, trace=activity.trace)
    value = loss(config)(answer, labels)
    if not answer.counts:
        return value
    if config.spike_penalty and _wanted(config, "spike_penalty"):
        value = value + _weighed_spikes(answer.counts, config.spike_penalty)
    if config.rate_penalty and _wanted(config, "rate_penalty"):
        value = value + config.rate_penalty * _off_target(answer.counts, config.rate_target)
    return value


def _wanted(config: TrialConfig, key: str) -> bool:
    """Whether the network takes this penalty; one of a user's only if it names the key."""
    return not config.has_own_network or config.uses(key)


def _weighed_spikes(counts: tuple[Tensor, ...], weight: float) -> Tensor:
    """Mean number of spikes per hidden neuron and image, times a weight."""
    spikes = torch.stack([layer.sum() for layer in counts]).sum()
    neurons = sum(layer.shape[1] for layer in counts)
    return weight * spikes / (len(counts[0]) * neurons)


def _off_target(counts: tuple[Tensor, ...], target: float) -> Tensor:
    """Mean over hidden neurons of (spikes per image of the batch − target)².

    A neuron is held to its rate over a batch, not for every image: so it may still tell the classes
    apart, but is neither silent nor always on. The hidden neurons have targets, as the outputs have
    no spikes. Source: Bellec et al., "Long short-term memory and learning-to-learn in networks of
    spiking neurons", 2018, where it is the regularisation of the firing rate.
    """
    return torch.cat([(layer.mean(dim=0) - target).square() for layer in counts]).mean()


def draw_masks(config: TrialConfig, generator: torch.Generator) -> Tensor:
    """(H of all layers,) 1 for a hidden neuron that fires in a batch, 0 for one that is silenced.

    (0,) without dropout. From a generator on the CPU, so that a GPU silences the same neurons.
    """
    keep = 1 - config.dropout
    sizes = config.hidden if config.dropout and not config.has_own_network else ()
    masks = [torch.empty(size).bernoulli_(keep, generator=generator) for size in sizes]
    return torch.cat(masks) if masks else torch.empty(0)


def silenced(network: Network, config: TrialConfig, masks: Tensor) -> dict[str, Tensor]:
    """The weights that change when some hidden neurons are silenced; none without dropout.

    Dropout (Srivastava et al., 2014), of the same neurons for all images of a batch: a silenced
    neuron has no outgoing weights, and the others have stronger ones. So any backend can do it.

    Args:
        network: Whose weights.
        config: With the share of neurons that is silenced.
        masks: Of all hidden neurons, as drawn.
    """
    if not masks.numel():
        return {}
    weights = dict(network.named_parameters())
    factors = (masks / (1 - config.dropout)).to(next(iter(weights.values())).device)
    of_layers = torch.split(factors, list(config.hidden))
    return {
        name: weights[name] * of_layers[layer].unsqueeze(1 - axis)
        for name, layer, axis in network.outgoing()
    }


def averaged(network: Network, decay: float) -> AveragedModel | None:
    """A network whose weights follow by an exponential average; None where the decay is 0.

    Source: Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """
    if not decay:
        return None
    exponential = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    device = next(network.parameters()).device  # where it counts its steps, too
    return AveragedModel(network, device, multi_avg_fn=exponential)


@torch.no_grad()
def follow(average: AveragedModel, network: Network, decay: float) -> None:
    """Take the weights of a step into the average; the first are taken as they are.

    It is `AveragedModel.update_parameters` without its question to the device whether they are.
    """
    taken = torch.where(average.n_averaged == 0, 1.0, 1 - decay)
    for mean, weight in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(weight, taken)
    if isinstance(network, OwnNetwork):  # running means of a normalisation, and such
        now = network.kept_buffers()
        for name, kept in cast(OwnNetwork, average.module).kept_buffers().items():
            kept.copy_(now[name])
    average.n_averaged += 1
