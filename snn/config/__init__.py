"""One training run as a frozen, validated, flat configuration.

Nothing here imports torch: a specification is checked in milliseconds.
"""

from snn.config.presets import PUBLISHED_DEFECTS, conditional_defaults
from snn.config.readers import LAYERS
from snn.config.sections import (
    DYNAMICS,
    SPIKING,
    DataConfig,
    DefectsConfig,
    EncodingConfig,
    ExecutionConfig,
    NetworkConfig,
    NeuronConfig,
    RegularisationConfig,
    TrainingConfig,
)
from snn.config.trial import TrialConfig, check_keys, model
from snn.config.usage import OF_SPIKES, deciders
from snn.config.wording import describe, unknown_key
from snn.declarations.keys import no_flag

__all__ = [
    "DYNAMICS",
    "LAYERS",
    "OF_SPIKES",
    "PUBLISHED_DEFECTS",
    "SPIKING",
    "DataConfig",
    "DefectsConfig",
    "EncodingConfig",
    "ExecutionConfig",
    "NetworkConfig",
    "NeuronConfig",
    "RegularisationConfig",
    "TrainingConfig",
    "TrialConfig",
    "check_keys",
    "conditional_defaults",
    "deciders",
    "describe",
    "model",
    "no_flag",
    "unknown_key",
]
