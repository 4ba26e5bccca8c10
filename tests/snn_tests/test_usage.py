"""Which keys have an effect, over all components: ours and those of users."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from snn import registry
from snn.config import ExecutionConfig, TrialConfig, deciders
from snn.declarations.files import read_file
from snn.plugins.loading import use_files
from snn.registry import KINDS, Registry

PLUGINS = Path(__file__).parents[1] / "plugins"
FILES = ("adex", "burst", "triangle", "bars", "plain_network", "snntorch_network")
_STEPS = [n for n in range(1, 1000) if all(n % k for k in range(2, n))]
ALWAYS = {*ExecutionConfig.model_fields, "network"}


@pytest.fixture(params=["ours", "with those of users"])
def components(request: pytest.FixtureRequest) -> Iterator[Registry]:
    if request.param != "ours":
        use_files([read_file(PLUGINS / f"{name}.py") for name in FILES])
    yield registry.current()
    registry.use(registry.OURS)


def every_case(known: Registry) -> Iterator[TrialConfig]:
    """A few hundred of thousands, of which any two values meet."""
    keys = sorted(deciders(known) - {"learn_beta"})
    kinds = {key: kind for kind, key in KINDS.items()}
    choices = *(known.names(kinds[key]) for key in keys), [False, True]
    step = next(step for step in _STEPS if step >= math.prod(map(len, choices)) / 450)
    for values in itertools.islice(itertools.product(*choices), 0, None, step):
        chosen = dict(zip([*keys, "learn_beta"], values, strict=True))
        yield TrialConfig.parse(chosen | {"resonance": 5.0})  # for time bins, too


def test_the_reason_why_a_key_has_no_effect_says_how_it_gets_one(components: Registry) -> None:
    steps = []

    @cache  # many keys ask for the same change of a configuration
    def changed(config: TrialConfig, key: str, value: object) -> TrialConfig:
        return TrialConfig.parse(config.to_wire() | {key: value})

    for config in every_case(components):
        for key in set(type(config).model_fields) - ALWAYS:
            tried = config
            for step in range(4):
                if tried.uses(key):
                    steps.append(step)
                    break
                reason = tried.why_unused(key)
                assert str(getattr(tried, reason.decider)).lower() not in reason.users
                chosen = True if reason.decider == "learn_beta" else reason.users[-1]
                tried = changed(tried, reason.decider, chosen)
            else:
                pytest.fail(f"{key} never has an effect, from {config.params()}")
    assert {0, 1, 2} <= set(steps)
