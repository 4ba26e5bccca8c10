"""Networks of users: any `nn.Module` of a file, trained, kept and resumed like ours."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from snn import registry
from snn.config import TrialConfig
from snn.data import Dataset, load
from snn.declarations.files import PluginFile, read_file
from snn.declarations.keys import PluginError
from snn.errors import CheckpointError, ConfigError, ExportError
from snn.export.onnx_model import to_onnx
from snn.networks.own import OwnNetwork
from snn.networks.own_checks import check_network
from snn.plugins import loading as plugins
from snn.registry import OURS
from snn.training.checkpoints import checkpoint
from snn.training.trainer import Trainer
from sweep.errors import SpecError
from sweep.spec.checks.trials import check_networks
from sweep.spec.parsing import parse_sweep
from sweep.tracking.serving.requirements import requirements

HERE = Path(__file__).parent
PLAIN, SNNTORCH = HERE / "plain_network.py", HERE / "snntorch_network.py"
SMALL = {"dataset": "digits", "epochs": 2, "batch_size": 512, "n_steps": 5}
PARAMS = {
    "plain": {"network": "plain_network.py:build", "channels": 2, "loss": "multi_class_margin"},
    "snntorch": {"network": "snntorch_network.py:build", "width": 8, "encoding": "poisson"},
}
HEAD = "import torch\nfrom torch import nn\nfrom snn.registry import Key\n"


@pytest.fixture(autouse=True)
def ours_alone_afterwards() -> Iterator[None]:
    yield
    registry.use(OURS)


def use(*paths: Path) -> None:
    plugins.use_files([read_file(path) for path in paths])


def tried(text: str, **values: object) -> str:
    """What is said of a network in a file before it is trained; empty if nothing."""
    plugins.use_files([PluginFile("mine.py", (HEAD + text).encode())])
    config = TrialConfig.parse({"network": "mine.py:build", **values})
    try:
        check_network(config, 16, 3)
    except ConfigError as error:
        assert "\n" not in str(error)
        return str(error)
    return ""


def module(forward: str, init: str = "", build: str = "Net(n_inputs, n_classes)") -> str:
    """A file with a linear network whose forward pass is given."""
    return (
        "class Net(nn.Module):\n"
        "    def __init__(self, n, c):\n"
        "        super().__init__()\n"
        "        self.out = nn.Linear(n, c)\n"
        f"        {init or 'pass'}\n"
        "    def forward(self, x):\n"
        f"        {forward}\n"
        f"def build(config, n_inputs, n_classes):\n    return {build}\n"
    )


def test_a_network_that_is_as_it_must_be_is_trained() -> None:
    assert tried(module("return self.out(x)")) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def build(config, n_inputs):\n    return nn.Linear(2, 2)\n", "must take (config, n_inp"),
        ("def build(config, n, c):\n    return 3\n", "gives int, and no torch.nn.Module"),
        ("def build(config, n, c):\n    return 1 / 0\n", "mine.py:5: ZeroDivisionError"),
        (
            "def build(config, n, c):\n    return nn.Linear(n, config.hidden)\n",
            "hidden: declare it",
        ),
        ("def build(config, n, c):\n    return nn.Linear(n, config.wide)\n", "no key wide"),
        ("def build(config, n, c):\n    return nn.Identity()\n", "has no parameters to train"),
        ("def build(config, n, c):\n    return nn.Linear(n, 7)\n", "shape (5, 7)"),
        ("def build(config, n, c):\n    return nn.Linear(n, c).double()\n", "torch.float64"),
        (module("return 'no'"), "str is no tensor of shape (5, 3)"),
        (module("return self.out(x).argmax(1)"), "not (5, 3) of floats"),
        (module("return self.out(x) / 0"), "its logits are not finite"),
        (
            module("return torch.sqrt(self.out(x) * 0)"),
            "the gradients of out.weight are not finite",
        ),
        (module("return self.out(x).detach()"), "cannot be trained"),
        (module("return self.out(x) * 0"), "all gradients are 0"),
        (module("import random; return self.out(x) * random.random()"), "not deterministic"),
        (module("self.n += 1; return self.out(x) * self.n", "self.n = 0"), "not deterministic"),
        (
            module("self.s = self.s + self.out(x); return self.s", "self.s = 0"),
            "cannot be trained a second time",
        ),
        (
            module(
                "return self.out(x) * self.scale",
                "import itertools; self.scale = 1 + next(COUNT)",
            )
            + "import itertools\nCOUNT = itertools.count()\n",
            "not resumable: its state_dict does not restore it",
        ),
        (module("return self.out(x), 'many'"), "spike counts"),
        ("USES = ['spike_penalty']\n" + module("return self.out(x)"), "gives no spike counts"),
    ],
)
def test_a_broken_network_is_one_line_before_anything_is_trained(text: str, said: str) -> None:
    found = tried(text)
    assert found.startswith("network: mine.py:build: ")
    assert said in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("INPUT = 'images'\ndef build(c, n, k): ...\n", "INPUT must be pixels or spikes"),
        ("USES = ['width']\ndef build(c, n, k): ...\n", "USES: width is no key"),
        ("LABEL = 3\ndef build(c, n, k): ...\n", "LABEL must be a text"),
        ("KEYS = [Key('hidden', int, 1)]\ndef build(c, n, k): ...\n", "key hidden exists already"),
        ("VALUE = 3\n", "has no function of a network"),
    ],
)
def test_a_wrong_declaration_is_one_line(text: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        plugins.use_files([PluginFile("mine.py", (HEAD + text).encode())])


def test_without_a_network_of_ones_own_a_run_is_the_run_that_it_was() -> None:
    before = TrialConfig.parse({"hidden": 64})
    use(PLAIN, SNNTORCH)
    after = TrialConfig.parse({"hidden": 64, "network": None})
    assert (after.config_id, after.params()) == (before.config_id, before.params())


def test_keys_that_a_network_does_not_use_are_no_part_of_its_run() -> None:
    use(PLAIN, SNNTORCH)
    plain = TrialConfig.parse(PARAMS["plain"])
    for unused in ({"hidden": 7}, {"dynamics": "lif"}, {"dropout": 0.5}, {"n_steps": 3}):
        assert TrialConfig.parse(PARAMS["plain"] | unused).config_id == plain.config_id
    for used in (
        {"channels": 3},
        {"drop": 0.5},
        {"lr": 0.1},
        {"network": "plain_network.py:linear"},
    ):
        assert TrialConfig.parse(PARAMS["plain"] | used).config_id != plain.config_id
    spiking = TrialConfig.parse(PARAMS["snntorch"])
    assert spiking.uses("encoding") and spiking.uses("n_steps") and spiking.uses("spike_penalty")
    assert not spiking.uses("channels")
    assert TrialConfig.parse(spiking.to_wire()) == spiking


def test_a_changed_file_makes_other_runs() -> None:
    use(PLAIN)
    before = TrialConfig.parse(PARAMS["plain"])
    plugins.use_files([PluginFile(PLAIN.name, PLAIN.read_bytes() + b"# changed\n")])
    assert TrialConfig.parse(PARAMS["plain"]).config_id != before.config_id


@pytest.mark.parametrize("kind", PARAMS)
def test_a_resumed_training_has_the_same_numbers_bit_for_bit(kind: str) -> None:
    use(PLAIN, SNNTORCH)
    config = TrialConfig.parse(SMALL | PARAMS[kind] | {"weight_average": 0.5})
    dataset = load("digits")
    whole, begun = Trainer(config, dataset), Trainer(config, dataset)
    whole.train_epoch()
    whole.train_epoch()
    begun.train_epoch()
    written = io.BytesIO()
    torch.save(begun.state(), written)
    written.seek(0)
    torch.rand(7)  # what torch's generator was asked for between has no part in it
    resumed = Trainer(config, dataset)
    resumed.load(torch.load(written, weights_only=True))
    resumed.train_epoch()
    assert resumed.history[-1]["val_loss"] == whole.history[-1]["val_loss"]
    assert resumed.test_best()[0] == whole.test_best()[0]
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, resumed.network.state_dict()[name])
    assert ("spikes_per_inference" in whole.history[-1]) == (kind == "snntorch")


def test_a_kept_network_needs_the_file_that_it_was_trained_with(tmp_path: Path) -> None:
    use(PLAIN)
    trainer = Trainer(TrialConfig.parse(SMALL | PARAMS["plain"]), load("digits"))
    trainer.train_epoch()
    checkpoint.save_network(tmp_path / "best.pt", trainer.best_network(), {"test_accuracy": 0.5})
    network, _ = checkpoint.load_network(tmp_path / "best.pt")
    pixels = trainer.test.images[:3]
    assert torch.equal(network.probabilities(pixels), trainer.best_network().probabilities(pixels))
    plugins.use_files([PluginFile(PLAIN.name, PLAIN.read_bytes() + b"# changed\n")])
    with pytest.raises(CheckpointError, match="has changed since it was trained"):
        checkpoint.load_network(tmp_path / "best.pt")


def test_a_specification_names_files_by_path_and_has_their_content(tmp_path: Path) -> None:
    nets = tmp_path / "nets"
    nets.mkdir()
    (nets / PLAIN.name).write_bytes(PLAIN.read_bytes())
    name = f"nets/{PLAIN.name}:build"
    search = {
        "network": ["layers", name],
        "channels": {"choice": [2, 3], "when": {"network": name}},
    }
    values = {"name": "own", "search": search, "sampler": "grid", "scheduler": "none"}
    sweep = parse_sweep(values, folder=tmp_path)
    assert len(sweep.configs()) == 3
    (nets / PLAIN.name).unlink()
    again = parse_sweep({**values, **sweep.model_dump(mode="json")}, folder=tmp_path)
    assert again == sweep


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nets.py", "needs file.py:function"),
        ("none.py:build", "none.py: no such file"),
        (f"{PLAIN}:nothing", "plain_network.py:linear"),
        ("dense", "'layers'"),
    ],
)
def test_a_network_that_is_not_there_is_refused(value: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        parse_sweep({"name": "own", "base": {"network": value}})
    assert "\n" not in str(caught.value)


TINY = Dataset(
    name="mnist",
    side=4,
    n_classes=3,
    train_images=np.zeros((3, 16), np.uint8),
    train_labels=np.arange(3),
    test_images=np.zeros((3, 16), np.uint8),
    test_labels=np.arange(3),
)
"""What a network is tried for."""


def refused(text: str, **plan: object) -> str:
    """What is said of a sweep of a network before it is trained; empty if nothing."""
    values = {"name": "own", "scheduler": "none", "base": {"network": "mine.py:build"}} | plan
    source = {"file": "mine.py", "source": HEAD + text}
    sweep = parse_sweep(values | {"plugins": [source]})
    try:
        check_networks(sweep, {"mnist": TINY})
    except SpecError as error:
        assert "\n" not in str(error)
        return str(error)
    return ""


WIDE = (
    "KEYS = [Key('width', int, 64, low=0), Key('heads', int, 3), Key('kind', str, 'a')]\n"
    "def build(config, n, c):\n"
    "    if config.kind == 'b' and config.heads == 4:\n"
    "        raise ValueError('b has no 4 heads')\n"
    "    width = config.width // config.heads * config.heads\n"
    "    return nn.Sequential(nn.Linear(n, width), nn.ReLU(), nn.Linear(width, c))\n"
)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ({"width": [64, 32]}, ""),
        ({"width": [64, 0]}, "; with width=0"),
        ({"width": {"int": [0, 8]}}, "; with width=0"),
        ({"width": {"float": [0.5, 8]}}, "search.width"),
        ({"kind": ["b"], "heads": [3, 4]}, "b has no 4 heads; with heads=4, kind=b"),
        ({"kind": ["a", "b"], "heads": {"choice": [2, 4], "when": {"kind": "a"}}}, ""),
        ({"kind": ["a", "b"], "width": {"choice": [8, 0], "when": {"kind": "b"}}}, "with width=0"),
    ],
)
def test_a_network_is_tried_with_all_values_that_are_searched(
    search: dict[str, object], said: str
) -> None:
    try:
        found = refused(WIDE, search=search)
    except SpecError as error:
        found = str(error)
    assert said in found and bool(said) == bool(found)


def test_a_metric_that_a_network_does_not_give_is_refused_before_it_is_trained() -> None:
    plain, counting = module("return self.out(x)"), module("return self.out(x), self.out(x).relu()")
    spikes, synops = "spikes_per_inference", "synops_per_inference"
    assert refused(plain, metric="val_loss") == ""
    assert refused(counting, metric=spikes) == ""
    assert "no spike counts beside its logits" in refused(plain, metric=spikes)
    pareto = {"val_accuracy": "max", synops: "min"}
    told = refused(counting, metric=pareto)
    assert told.startswith(f"metric: {synops}: is not measured of the network mine.py:build: ")


def test_a_server_needs_what_the_file_of_a_network_imports() -> None:
    needs = {each.partition("==")[0] for each in requirements([read_file(SNNTORCH)])}
    assert needs - {each.partition("==")[0] for each in requirements([])} == {"snntorch"}


def test_sweeps_that_were_made_side_by_side_have_their_own_files(tmp_path: Path) -> None:
    """With the same file in two states, under two names, and without any."""
    values = {"name": "own", "base": {"network": "net.py:build", "channels": 2}}
    for name in ("net.py", "copy.py"):
        (tmp_path / name).write_bytes(PLAIN.read_bytes())
    first = parse_sweep(values, folder=tmp_path)
    copy = parse_sweep({**values, "base": {"network": "copy.py:build"}}, folder=tmp_path)
    (tmp_path / "net.py").write_bytes(PLAIN.read_bytes() + b"# changed\n")
    second = parse_sweep(values, folder=tmp_path)
    parse_sweep({"name": "without"})
    before, after, other = (sweep.configs()[0] for sweep in (first, second, copy))
    assert before.plugins != after.plugins and before.config_id != after.config_id
    assert before.network == after.network == "net.py:build"
    assert (other.network, other.plugins) == ("copy.py:build", before.plugins)


def test_a_network_that_is_exported_for_one_size_of_batch_is_refused() -> None:
    text = module("return self.out(x).reshape(len(x), -1)")
    plugins.use_files([PluginFile("mine.py", (HEAD + text).encode())])
    network = OwnNetwork(TrialConfig.parse({"network": "mine.py:build"}), 16, 3)
    with pytest.raises(ExportError, match=r"write x\.shape\[0\] for len\(x\)"):
        to_onnx(network)
