"""What a trial is called."""

from __future__ import annotations

from snn.config import TrialConfig


def trial_name(config: TrialConfig) -> str:
    """A name for people: `alif-rec latency 128 seed 0 900c52`."""
    if config.has_own_network:
        network = config.component("network")
        values = [f"{key}={getattr(config, key)}" for key in network.own]
        name = network.label or network.make
        return " ".join([name, *values, f"seed {config.seed}", config.config_id[:6]])
    dynamics = config.dynamics + ("-rec" if config.recurrent and config.dynamics != "mlp" else "")
    code = [] if config.dynamics == "mlp" else [config.encoding]
    size = "x".join(str(size) for size in config.hidden)
    return " ".join([dynamics, *code, size, f"seed {config.seed}", config.config_id[:6]])
