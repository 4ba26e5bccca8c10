"""What a key is when it is not given: by the preset, and by the components that are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from snn.registry import KINDS, Registry

_PUBLISHED_DEFAULTS: dict[str, Any] = {
    "encoder_tau": 0.02,
    "tau_mem": 20.0,
    "tau_out": 10.0,
    "beta": 1.6,
    "threshold": 0.03,
    "surrogate_slope": 0.3,
}

PUBLISHED_DEFECTS: Mapping[str, Any] = MappingProxyType(
    {
        "initial_weights": "published",
        "lr_in_proportion": False,
        "reset_takes_current": True,
        "threshold_gradient": False,
        "beta_form": "raw",
        "dark_pixels_fire": True,
        "choose_by": "val_loss",
    }
)
"""What `preset: published` means, beside its constants. A run that has all of what its preset means
has the `config_id` that it had before these were keys."""


@cache
def conditional_defaults(
    registry: Registry,
) -> tuple[tuple[dict[str, str], Mapping[str, Any]], ...]:
    """What a key is when it is not given, under conditions on other keys; the most special last."""
    with_component = [({KINDS[each.kind]: each.name}, each) for each in registry.components]
    published = {"preset": "published"}
    return (
        *((condition, each.defaults) for condition, each in with_component if each.defaults),
        (published, {**_PUBLISHED_DEFAULTS, **PUBLISHED_DEFECTS}),
        *(
            (published | condition, each.published)
            for condition, each in with_component
            if each.published
        ),
    )
