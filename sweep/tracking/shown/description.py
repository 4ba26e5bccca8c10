"""The description of a launch in MLflow: what is searched, how, and where to look."""

from __future__ import annotations

from analysis.text.plain import visible
from sweep.spec.specification import Specification

_LONGEST = 5_000  # characters; MLflow takes more, a reader does not


def describe(sweep: Specification) -> str:
    """The description in Markdown."""
    methods = ", ".join(
        f"{kind} {chosen.name}"
        for kind, chosen in (("sampler", sweep.sampler), ("scheduler", sweep.scheduler))
    )
    aims = ", ".join(f"{name} ({mode})" for name, mode in sweep.directions.items())
    lines = [
        *([visible(sweep.description), ""] if sweep.description else []),
        f"{sweep.size}; {methods}; aims at {aims}.",
        "",
        *(f"- `{visible(name)}`: {visible(values)}" for name, values in sweep.space.describe()),
        "",
        "Metrics: the counts of its trials and the best so far. Artifacts: leaders and figures.",
    ]
    return "\n".join(lines)[:_LONGEST]
