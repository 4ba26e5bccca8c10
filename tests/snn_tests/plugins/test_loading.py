"""Users' files as components: declared, refused in one line, part of what a run is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snn import registry
from snn.config import TrialConfig
from snn.contracts import first_fault
from snn.declarations.files import PluginFile, keep
from snn.declarations.keys import PluginError
from snn.kernels import choose
from snn.plugins import loading as plugins
from snn.registry import OURS

NEURON = """
from snn.neurons import LIF
from snn.declarations.keys import Key
from snn.registry import Component

COMPONENTS = [
    Component(
        kind="neuron",
        name="mine",
        make="Mine",
        uses=("tau_mem", "threshold"),
        keys=(Key("leak", float, 0.5, low=0, high=1),),
        defaults={"tau_mem": 7.0},
    )
]

def Mine(config, n_neurons, generator):
    return LIF(config, n_neurons)
"""
SCHEDULE = """
from snn.registry import Component
COMPONENTS = [Component(kind="schedule", name="mine", make="mine")]
def mine(progress):
    return {}
"""


@pytest.fixture(autouse=True)
def ours_alone_afterwards() -> Iterator[None]:
    yield
    registry.use(OURS)


def use(*texts: str) -> None:
    plugins.use_files(PluginFile(f"file{n}.py", text.encode()) for n, text in enumerate(texts))


def reason(*texts: str) -> str:
    with pytest.raises(PluginError) as caught:
        use(*texts)
    assert "\n" not in str(caught.value)
    assert registry.current() is OURS
    return str(caught.value)


def test_a_component_of_a_file_is_a_value_with_keys_and_defaults_of_its_own() -> None:
    use(NEURON)
    config = TrialConfig.parse({"dynamics": "mine"})
    assert (config.leak, config.tau_mem) == (0.5, 7.0)  # type: ignore[attr-defined]
    assert {"leak", "tau_mem", "threshold"} <= config.params().keys()
    assert "beta" not in config.params()
    with pytest.raises(ValueError, match="leak: must be at most 1, got 2"):
        TrialConfig.parse({"leak": 2})
    with pytest.raises(ValueError, match=r"leek: unknown key; did you mean leak\?"):
        TrialConfig.parse({"leek": 1})


def test_a_run_that_uses_no_plugin_is_what_it_was() -> None:
    ids = [TrialConfig.parse({"dynamics": name}).config_id for name in ("lif", "alif", "mlp")]
    use(NEURON, SCHEDULE.format("0.5"))
    with_plugins = [TrialConfig.parse({"dynamics": n}) for n in ("lif", "alif", "mlp")]
    assert [config.config_id for config in with_plugins] == ids
    assert all(not config.plugins and "leak" not in config.params() for config in with_plugins)


def test_a_changed_file_makes_another_run() -> None:
    ids = set()
    for text in (NEURON, NEURON + "# a comment is a change, too\n"):
        use(text)
        config = TrialConfig.parse({"dynamics": "mine"})
        ids.add(config.config_id)
        assert config.identity()["plugins"] == config.plugins
    assert len(ids) == 2


def test_what_was_read_with_a_file_keeps_it_when_another_is_in_use() -> None:
    use(NEURON)
    config = TrialConfig.parse({"dynamics": "mine"})
    config_id = config.config_id
    registry.use(OURS)
    assert config.config_id == config_id
    with pytest.raises(ValueError, match=r"needs its file: plugins: \[FILE\], or --plugin FILE"):
        TrialConfig.parse({"dynamics": "mine"})


@given(st.floats(0, 1), st.sampled_from(["mine", "lif", "mlp"]), st.integers(0, 9))
def test_a_configuration_with_keys_of_a_plugin_comes_back_whole(
    leak: float, dynamics: str, seed: int
) -> None:
    use(NEURON)
    config = TrialConfig.parse({"dynamics": dynamics, "leak": leak, "seed": seed})
    sent = json.loads(json.dumps(config.to_wire()))
    again = TrialConfig.parse(sent)
    assert again == config
    assert again.config_id == config.config_id == TrialConfig.parse(config.params()).config_id


def test_a_worker_uses_the_copies_of_the_launch(tmp_path: Path) -> None:
    use(NEURON)
    config_id = TrialConfig.parse({"dynamics": "mine"}).config_id
    keep(plugins.files_in_use(), tmp_path)
    registry.use(OURS)
    plugins.use_kept(tmp_path)
    assert TrialConfig.parse({"dynamics": "mine"}).config_id == config_id
    (copy,) = tmp_path.rglob("*.py")
    copy.write_text(NEURON + "# changed")
    with pytest.raises(PluginError, match="was changed since it was kept"):
        plugins.use_kept(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1", "file0.py: declares no COMPONENTS"),
        ("COMPONENTS = 3", "file0.py: COMPONENTS must be a tuple"),
        ("def f(:", "file0.py:1: is no Python"),
        ("\nimport nothing_of_this_name", "file0.py:2: ModuleNotFoundError"),
        (NEURON.replace('"neuron"', '"neurone"'), "kind: must be one of neuron, encoding"),
        (NEURON.replace('"mine"', '"lif"'), "the neuron lif exists already, in spikesweep"),
        (NEURON.replace('"leak"', '"beta"'), "key beta exists already, in spikesweep; rename it"),
        (NEURON.replace('"leak"', '"parse"'), "key parse exists already, in spikesweep"),
        (NEURON.replace('"threshold"', '"treshold"'), "treshold is no key of spikesweep"),
        (NEURON.replace('make="Mine"', 'make="Min"'), "there is no function 'Min' in the file"),
        (NEURON.replace("n_neurons, generator)", "n_neurons)"), "Mine must take 3 arguments"),
        (NEURON.replace("keys=", 'compiled=("cpu",), keys='), "leave it out"),
        (NEURON.replace("keys=", 'formats=("pdf",), keys='), "formats: 'pdf' is none of onnx"),
        (
            NEURON.replace('make="Mine"', 'make="Mine", label="a\\nb"'),
            "label: must be a text of at",
        ),
        (NEURON.replace("low=0", "low=0.7"), "file0.py:12: key leak: its default"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(text: str, told: str) -> None:
    assert told in reason(text)


def test_two_files_cannot_declare_the_same() -> None:
    assert "the neuron mine exists already, in file0.py" in reason(NEURON, NEURON + "#")
    other = NEURON.replace('"mine"', '"other"')
    assert "key leak of the neuron other exists already, in file0.py" in reason(NEURON, other)


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("float('nan')", "the factor is nan"),
        ("-progress", "the factor is -"),
        ("'fast'", "the factor is a str"),
        ("__import__('random').random()", "gives other factors"),
        ("progress / 0", "file0.py:5: ZeroDivisionError"),
        ("0", "the factor is always 0"),
    ],
)
def test_what_a_component_does_wrong_is_told_in_one_line(returned: str, told: str) -> None:
    use(SCHEDULE.format(returned))
    (component,) = registry.current().plugins
    fault = first_fault(component)
    assert told in fault and "\n" not in fault


def test_a_network_with_a_plugin_is_computed_by_the_reference_and_it_is_said_why() -> None:
    use(NEURON)
    choice = choose(TrialConfig.parse({"dynamics": "mine"}))
    assert (choice.name, choice.reason) == ("reference", "no compiled loops for mine neurons")
    with pytest.raises(ValueError, match="no compiled loops for mine neurons"):
        choose(TrialConfig.parse({"dynamics": "mine", "backend": "cpu"}))


def test_an_installed_package_names_its_file_by_an_entry_point(tmp_path: Path) -> None:
    (tmp_path / "my_neurons.py").write_text(NEURON)
    package = tmp_path / "my_neurons-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: my-neurons\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[spikesweep]\nmine = my_neurons\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from sweep.spec.parsing import parse_sweep\n"
        "sweep = parse_sweep({'name': 's', 'base': {'dynamics': 'mine', 'leak': 0.25}})\n"
        "print(sweep.config({}, 0).params()['leak'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "0.25", done.stderr


def test_the_registry_and_validation_need_no_torch() -> None:
    code = (
        "import sys, snn.registry, snn.plugins\n"
        "from sweep.spec.sources import load_sweep\n"
        "load_sweep('quickstart')\n"
        "print([name for name in ('torch', 'ray', 'optuna') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
