"""What a reader must know of the chance in a comparison, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.stats.chance.lopsided import SKEWED, share_unseen
from analysis.stats.chance.shared_seeds import FEWEST_SEEDS
from analysis.stats.intervals import few_units

_SHARE_TOLD = 0.1
"""A share of networks that collapse unseen is told from here on."""


def remarks(table: pd.DataFrame) -> list[str]:
    """What a reader must know: baselines, stages, seeds, tails, and what intervals cover."""
    chance = [*_shared(table), *_few(table), *tails(table), *covers(table)]
    over = table.attrs.get("pooled", "")
    told = [*_baselines(table), *_bundles(table), *_crossed(table), *_fixed(table)]
    runs = [f"Over runs of {over}."] if over else []
    return [*runs, *_copies(table), *told, *stages(table), *chance]


def has_median(table: pd.DataFrame) -> bool:
    """Whether some row has enough units for a median, which then stands beside the mean."""
    return "median" in table and bool(table["median"].notna().any())


def _copies(table: pd.DataFrame) -> list[str]:
    """That some configurations are the same network, trained again."""
    if not table.attrs.get("copies"):
        return []
    units, networks = table.attrs["copies"]
    return [
        f"Up to {units} configurations are {networks} networks, on several data sets or for "
        "several numbers of epochs. If these differ alike, the intervals are too narrow; --within "
        "dataset --within epochs look at each apart."
    ]


def _baselines(table: pd.DataFrame) -> list[str]:
    """What the changes of an ablation change; networks with the same values are told together."""
    found: Mapping[str, str] = table.attrs.get("baselines", {})
    networks = dict[str, list[str]]()
    for network, values in found.items():
        networks.setdefault(values, []).append(network)
    if len(networks) == 1:
        return [f"Baseline: {values}." for values in networks]
    return [f"Baseline of {'; '.join(of)}: {values}." for values, of in networks.items()]


def _bundles(table: pd.DataFrame) -> list[str]:
    """What the params are whose levels are told together."""
    found: Mapping[str, str] = table.attrs.get("bundles", {})
    return [f"{name}: {params}." for name, params in found.items() if name != params]


def _crossed(table: pd.DataFrame) -> list[str]:
    """What effects of crossed factors are means over, and whether they are mixed with others."""
    if "crossed" not in table.attrs:
        return []
    found = [
        "Means are over the other factors; ×: what the second does to the effect of the first."
    ]
    if table["matched"].eq(1).all() and not table.attrs["refused"]:
        return [
            *found,
            f"All {table.attrs['crossed']} combinations were run in each network with each seed, "
            "so no effect is mixed with another one (aliased).",
        ]
    return [
        *found,
        "Some combinations were not run: means are over those of the other factors with which all "
        f"levels were ({table['matched'].min():.0%} or more), so none is mixed with another one "
        "(aliased).",
    ]


def _fixed(table: pd.DataFrame) -> list[str]:
    if not table.attrs.get("fixed"):
        return []
    return [
        "The sample are the seeds; their differences are means over the configurations, so the "
        "intervals hold for these configurations alone."
    ]


def stages(table: pd.DataFrame) -> list[str]:
    """That the runs were made in stages, at which one could look."""
    most = int(table["looks"].max()) if "looks" in table and len(table) else 1
    if most < 2:
        return []
    asked = table.attrs.get("looks_without_effect", 0)
    none = f" --looks {asked} adds none: so many launches were counted." if asked else ""
    return [
        f"Looked at up to {most} times (stages of launches, or --looks): whoever looks in between "
        "and goes on errs more often, so p is corrected for it (alpha spending)."
        f"{none}"
    ]


def _shared(table: pd.DataFrame) -> list[str]:
    unshared = int(table.attrs.get("unshared", 0))
    if not unshared:
        return []
    return [
        f"Fewer than {FEWEST_SEEDS} seeds in common: what a seed does to all configurations alike "
        "cannot be told, and is not in the intervals."
    ]


def tails(table: pd.DataFrame) -> list[str]:
    """That a mean does not tell of networks that collapse, and what the median tells beside it."""
    found = []
    if "verdict" in table and (table["verdict"] == SKEWED).any():
        found.append(
            "Skewed: the mean is outside the interval of the median, as a few configurations "
            "differ far more than the others, and the two disagree."
        )
    others = table.attrs.get("fixed") or table.attrs.get("group")  # the sample are not they
    if others or "n_configurations" not in table:
        return found
    least = table["n_configurations"].where(table["n_configurations"] > 1).min()
    if share_unseen(least) >= _SHARE_TOLD:
        found.append(
            f"With {least:.0f} configurations, the interval of a mean does not hold if networks "
            f"collapse and none of these does: that can be up to {share_unseen(least):.0%} of all."
        )
    return found


def _few(table: pd.DataFrame) -> list[str]:
    """That the interval with the fewest units is wide, and why."""
    if table.attrs.get("group") or "n_configurations" not in table or not len(table):
        return []
    fixed = bool(table.attrs.get("fixed"))
    alone = (table["n_configurations"] < 2) | fixed  # the seeds, or blocks, are the sample
    seeds = int(table.loc[alone, "n_seeds"].min()) if alone.any() else 0
    configurations = int(table.loc[~alone, "n_configurations"].min()) if not alone.all() else 0
    of_seeds = few_units(seeds, "blocks" if table.attrs.get("block") else "seeds")
    return [*of_seeds, *few_units(configurations, "configurations")]


def covers(table: pd.DataFrame, *, commands: bool = True) -> list[str]:
    """That the test images are not part of the sample; of groups and blocks of them, they are.

    Args:
        table: What `effects` found.
        commands: Whether to name the commands that do; a figure stands without them.
    """
    if table.attrs.get("group") or table.attrs.get("block"):
        return []
    sample = "seeds" if table.attrs.get("fixed") else "configurations and seeds"
    where = ", which compare and table --images take in" if commands else ""
    return [
        f"Intervals and tests are over {sample}; they leave out the chance of the test "
        f"images{where}."
    ]
