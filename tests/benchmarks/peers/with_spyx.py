"""Spyx: ALIF, or the recurrent RLIF, in one program that JAX compiles."""

from __future__ import annotations

import math
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from tests.benchmarks.contender import LEARNING_RATE
from tests.benchmarks.workload import N_CLASSES, Workload

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from spyx import nn as spyx


class Network(nnx.Module):
    """The products with the input and with the spikes are taken out of the scans."""

    def __init__(self, workload: Workload) -> None:
        config, layer = workload.config, workload.network.kernel_layers()[0]
        n_neurons, self.n_steps = layer.weight.shape[1], config.n_steps
        rngs = nnx.Rngs(0)
        decay = math.exp(-config.dt / config.tau_mem)
        self.weight = nnx.Param(jnp.asarray(layer.weight.detach().cpu().numpy()))
        if layer.recurrent is None:
            slow = math.exp(-config.dt / config.tau_adapt)
            self.hidden = spyx.ALIF((n_neurons,), decay, slow, config.threshold, rngs=rngs)
        else:
            self.hidden = spyx.RLIF((n_neurons,), decay, config.threshold, rngs=rngs)
            own = jnp.asarray(layer.recurrent.detach().cpu().numpy())
            self.hidden.recurrent_w = nnx.Param(own)
        self.readout = nnx.Linear(n_neurons, N_CLASSES, rngs=rngs)
        self.leak = spyx.LI((N_CLASSES,), math.exp(-config.dt / config.tau_out), rngs=rngs)

    def __call__(self, spikes: Any) -> Any:
        current = spikes @ self.weight[...]
        current = jnp.broadcast_to(current, (self.n_steps, *current.shape[1:]))
        fired, _ = spyx.run(self.hidden, current)
        trace, _ = spyx.run(self.leak, self.readout(fired))
        return trace.max(axis=0)


class SpyxPeer:
    """Step and inference are compiled for the shape of the batch."""

    def __init__(self, workload: Workload) -> None:
        self.spikes = jnp.asarray(workload.dense().cpu().numpy())
        self.labels = jnp.asarray(workload.labels.cpu().numpy())
        graph, self.weights = nnx.split(Network(workload))
        adam = optax.adam(LEARNING_RATE)
        self.state = adam.init(self.weights)

        def loss_of(weights: Any, spikes: Any, labels: Any) -> Any:
            logits = nnx.merge(graph, weights)(spikes)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        def step(weights: Any, state: Any, spikes: Any, labels: Any) -> Any:
            loss, grads = jax.value_and_grad(loss_of)(weights, spikes, labels)
            updates, state = adam.update(grads, state)
            return optax.apply_updates(weights, updates), state, loss

        def infer(weights: Any, spikes: Any) -> Any:
            return nnx.merge(graph, weights)(spikes).sum()

        self._step = jax.jit(step).lower(self.weights, self.state, self.spikes, self.labels)
        self._infer = jax.jit(infer).lower(self.weights, self.spikes)
        self._step, self._infer = self._step.compile(), self._infer.compile()

    def step(self) -> None:
        self.weights, self.state, loss = self._step(
            self.weights, self.state, self.spikes, self.labels
        )
        loss.block_until_ready()

    def warm_up(self) -> None:
        """It is compiled already."""

    def infer(self) -> None:
        self._infer(self.weights, self.spikes).block_until_ready()


def make(workload: Workload) -> SpyxPeer:
    return SpyxPeer(workload)
