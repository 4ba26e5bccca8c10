"""Values that nobody expects."""

from __future__ import annotations

from random import Random
from typing import Any

TEXTS = (
    "",
    " ",
    "\x00",
    "\x1b[2J\x1b]0;x\x07",
    "\x9b2J",
    "../../x",
    "/etc/passwd",
    "<script>alert(1)</script>",
    "[red]x[/red]",
    "$\\frac$",
    "\u202egnp.exe",
    "\u2028",
    "\ud7ff\ue000",
    "ü" * 300,
    "x" * 100_000,
    "a|b`c`",
    "%s%n{0}{}",
    "'; DROP TABLE runs; --",
    "nan",
    "1e999",
    "-1",
    "=1+1",
    "\n\n",
    "\\input{x}",
    "spikesweep.kind",
)
NUMBERS = (0, -1, 1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**30, 1e308, 5e-324, 0.1, 1.5)
ODD_NUMBERS = (float("nan"), float("inf"), float("-inf"))


def value(random: Random, depth: int = 3) -> Any:
    """Anything that YAML can say."""
    kind = random.randrange(8 if depth else 6)
    if kind < 2:
        return random.choice(TEXTS)
    if kind < 4:
        return random.choice((*NUMBERS, *ODD_NUMBERS))
    if kind < 6:
        return random.choice((None, True, False, random.randint(-9, 9), random.random()))
    inner = [value(random, depth - 1) for _ in range(random.randint(0, 4))]
    if kind == 6:
        return inner
    return {random.choice((*TEXTS, "name", "when", "int", "step")): one for one in inner}
