"""Damaged `--set`, given to `validate`."""

from __future__ import annotations

import json
from random import Random

from snn.config import TrialConfig
from sweep.spec.specification import Specification
from tests.fuzzing import hostile
from tests.fuzzing.case import Case
from tests.fuzzing.material import Material

_PARTS = (
    "base",
    "search",
    "sampler.name",
    "confirm.base.epochs",
    "confirm.seeds",
    "a.b.c",
    "name.x",
)
_TEXTS = (
    "[" * 5000,
    "{a: " * 900,
    "&a [*a]",
    "*a",
    "9" * 5000,
    "0x" + "f" * 5000,
    "{",
    "!!x 1",
    "\t",
)


def make(random: Random, material: Material) -> Case:
    """One to three keys, of which some are known, with values that do not fit."""
    items = [_item(random) for _ in range(random.randint(1, 3))]
    given = [part for item in items for part in ("--set", item)]
    return Case("--set", ("validate", random.choice(("quickstart", "dynamics")), *given))


def _item(random: Random) -> str:
    keys = (*TrialConfig.model_fields, *Specification.model_fields, *_PARTS, *hostile.TEXTS)
    key, equals = random.choice(keys), random.choice(("=", "=", "=", "=", "", "=="))
    made = random.randrange(4)
    if made == 0:
        value = random.choice((*hostile.TEXTS, *_TEXTS))
    elif made == 1:
        value = str(random.choice((*hostile.NUMBERS, *hostile.ODD_NUMBERS)))
    else:
        value = json.dumps(hostile.value(random))
    return f"{key}{equals}{value}"
