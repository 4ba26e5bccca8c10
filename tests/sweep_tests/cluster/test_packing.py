"""How many trials share a process, and what each of them then asks of Ray."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.cluster.packing import MOST_BY_ITSELF, in_words, settled
from sweep.spec.parsing import parse_sweep
from sweep.spec.sections.resources import Resources
from sweep.spec.specification import Specification


def sweep(resources: dict[str, Any], **base: Any) -> Specification:
    return parse_sweep(
        {
            "name": "one",
            "base": {"dataset": "digits", **base},
            "search": {"lr": [1e-3]},
            "resources": resources,
        }
    )


@pytest.mark.parametrize(
    ("resources", "together"),
    [
        ({}, 1),
        ({"pack": 2}, 2),
        ({"gpu": 1}, 1),
        ({"gpu": 1, "pack": "auto"}, MOST_BY_ITSELF),
        ({"gpu": 1, "pack": "off"}, 1),
        ({"gpu": 1, "pack": 3}, 3),
        ({"gpu": 0.25, "pack": "auto"}, 1),
        ({"pack": "auto"}, 1),
    ],
)
def test_a_whole_gpu_is_shared_where_it_is_asked_for(
    resources: dict[str, Any], together: int
) -> None:
    needs = settled(sweep(resources))
    assert needs.together == together
    assert bool(in_words(needs)) == (together > 1)


def test_trials_that_are_too_large_for_the_card_are_not_packed() -> None:
    large = {"hidden": 4096, "n_steps": 400, "batch_size": 1024}
    assert settled(sweep({"gpu": 1, "pack": "auto"}, **large)).together == 1


@pytest.mark.parametrize("together", range(2, 33))
def test_as_many_as_are_packed_fit_a_card_as_ray_counts(together: int) -> None:
    wanted = Resources(gpu=1, pack=together).wanted
    for name in ("CPU", "GPU"):
        ray_takes = round(wanted[name] * 10_000)
        assert 10_000 // ray_takes >= together
        assert int(1 / wanted[name]) == together


def test_on_a_cpu_every_packed_trial_has_its_processors() -> None:
    assert Resources(cpu=2, pack=2).wanted == {"CPU": 2}
