"""What is added to plain training so that a network generalises, or fires less."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from snn.config import TrialConfig
from snn.mlp import MLP, MLPActivity
from snn.network import Activity, SpikingNetwork

Network = SpikingNetwork | MLP


def objective(activity: Activity | MLPActivity, labels: Tensor, config: TrialConfig) -> Tensor:
    """Cross-entropy of the labels, smoothed, plus the penalty on spikes; a scalar.

    Smoothing: Szegedy et al., "Rethinking the inception architecture", 2016. The penalty is in
    proportion to the mean number of spikes per hidden neuron and image.
    """
    smoothing = config.label_smoothing
    loss = functional.cross_entropy(activity.logits, labels, label_smoothing=smoothing)
    if not config.spike_penalty or isinstance(activity, MLPActivity):
        return loss
    spikes = torch.stack([counts.sum() for counts in activity.counts]).sum()
    return loss + config.spike_penalty * spikes / (len(labels) * sum(config.hidden))


def silenced(
    network: Network, config: TrialConfig, generator: torch.Generator
) -> dict[str, Tensor]:
    """The weights that change when some hidden neurons are silenced; none without dropout.

    Dropout (Srivastava et al., 2014), of the same neurons for all images of a batch: a silenced
    neuron has no outgoing weights, and the others have stronger ones. So any backend can do it.

    Args:
        network: Whose weights.
        config: With the share of neurons that is silenced.
        generator: On the CPU.
    """
    keep = 1 - config.dropout
    if keep == 1:
        return {}
    masks = [torch.empty(size).bernoulli_(keep, generator=generator) for size in config.hidden]
    weights = dict(network.named_parameters())
    return {
        name: weights[name] * (masks[layer] / keep).to(weights[name].device).unsqueeze(1 - axis)
        for name, layer, axis in network.outgoing()
    }


def averaged(network: Network, decay: float) -> AveragedModel | None:
    """A network whose weights follow by an exponential average; None where the decay is 0.

    Source: Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """
    if not decay:
        return None
    follow = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(network, multi_avg_fn=follow)
