"""Every component of ours does what `spikesweep check` asks of those of users."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.data.labels import value_label
from snn import registry
from snn.contracts import findings
from snn.declarations.files import read_file
from snn.kernels.base import READOUT_CODES, SURROGATE_CODES
from snn.plugins import loading as plugins
from snn.registry import KINDS, OURS, Component

EXAMPLES = sorted((Path(__file__).parents[1] / "plugins").glob("[a-z]*.py"))
NEED_NO_FILES = [
    each for each in OURS.components if each.kind != "dataset" or each.name in ("digits", "randman")
]


@pytest.fixture(autouse=True)
def ours_alone_afterwards() -> Iterator[None]:
    yield
    registry.use(OURS)


def broken(component: Component) -> list[str]:
    checked = list(findings(component))
    assert len(checked) >= 2
    return [f"{statement}: {reason}" for statement, reason in checked if reason]


@pytest.mark.parametrize(
    "component",
    [each for each in NEED_NO_FILES if each.spiking],
    ids=lambda component: component.title,
)
def test_a_component_of_ours_holds_its_contract(component: Component) -> None:
    assert broken(component) == []


def test_what_compiled_loops_have_codes_for_is_what_is_declared_as_compiled() -> None:
    for kind, codes in (("surrogate", SURROGATE_CODES), ("readout", READOUT_CODES)):
        declared = {each.name for each in OURS.of(kind) if "cuda" in each.compiled}
        assert declared == codes.keys()  # on a CPU, torch computes other readouts from the trace
        assert all("cpu" in each.compiled for each in OURS.of(kind) if each.compiled)
        assert len(set(codes.values())) == len(codes)


def test_a_label_is_the_same_in_figures_and_in_the_declaration() -> None:
    for each in OURS.components:
        if each.kind in ("neuron", "dataset", "loss"):
            assert value_label(KINDS[each.kind], each.name) == each.label


@pytest.mark.parametrize("name", ["adex", "burst", "triangle", "bars", "focal"])
def test_an_example_of_a_plugin_holds_its_contract(name: str) -> None:
    plugins.use_files([read_file(path) for path in EXAMPLES if path.stem == name])
    (component,) = registry.current().plugins
    assert broken(component) == []
