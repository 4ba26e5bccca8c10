"""Losses: the numbers of their equations, of ours and of users, and what is measured with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from snn import registry
from snn.config import TrialConfig
from snn.contracts import first_fault
from snn.data import Dataset
from snn.declarations.files import PluginFile
from snn.declarations.keys import PluginError
from snn.losses import Answer, loss
from snn.plugins import loading as plugins
from snn.registry import OURS
from snn.training.computation import computed_by, recorder_of, unrecorded
from snn.training.trainer import Trainer

LOGITS = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(7) % 4
PLUGIN = """
import torch
from snn.registry import Component, Key
COMPONENTS = [
    Component(
        kind="loss", name="mine", make="mine", uses=("label_smoothing",),
        keys=(Key("power", float, 2.0, low=1),),
    )
]
def mine(answer, labels, power, label_smoothing):
    logits, (counts, *_) = answer.logits, (*answer.counts, 0)
    right = logits.gather(1, labels[:, None])
    good = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    return {}
"""


@pytest.fixture(autouse=True)
def ours_alone_afterwards() -> Iterator[None]:
    yield
    registry.use(OURS)


def use(returned: str = "good") -> None:
    plugins.use_files([PluginFile("mine.py", PLUGIN.format(returned).encode())])


def value(**keys: object) -> Tensor:
    return loss(TrialConfig.parse(keys))(Answer(logits=LOGITS), LABELS)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_cross_entropy_is_that_of_torch_bit_for_bit(smoothing: float) -> None:
    wanted = functional.cross_entropy(LOGITS, LABELS, label_smoothing=smoothing)
    assert torch.equal(value(label_smoothing=smoothing), wanted)


def test_the_other_losses_are_those_of_their_equations() -> None:
    one_hot = functional.one_hot(LABELS, 4).float()
    torch.testing.assert_close(
        value(loss="mean_squared_error"), functional.mse_loss(LOGITS, one_hot)
    )
    for margin in (0.5, 1.0):
        torch.testing.assert_close(
            value(loss="multi_class_margin", loss_margin=margin),
            functional.multi_margin_loss(LOGITS, LABELS, margin=margin),
        )


def test_the_cross_entropy_at_every_step_is_the_mean_of_that_of_the_steps() -> None:
    trace = torch.randn(5, 7, 4, generator=torch.Generator().manual_seed(1))
    keys = {"loss": "cross_entropy_every_step", "label_smoothing": 0.1}
    given = Answer(logits=LOGITS, trace=trace)
    steps = [functional.cross_entropy(step, LABELS, label_smoothing=0.1) for step in trace]
    torch.testing.assert_close(loss(TrialConfig.parse(keys))(given, LABELS), sum(steps) / 5)
    # without steps, the logits are the only one
    assert torch.equal(value(**keys), value(label_smoothing=0.1))


@pytest.mark.parametrize("loss_name", OURS.names("loss"))
@pytest.mark.parametrize("dynamics", ["lif", "mlp"])
def test_every_loss_trains_and_the_measured_loss_is_the_cross_entropy(
    digits: Dataset, loss_name: str, dynamics: str
) -> None:
    small = {"dataset": "digits", "hidden": 24, "n_steps": 10, "epochs": 3, "lr": 5e-3}
    small |= {"encoding": "constant", "batch_size": 64, "loss": loss_name, "dynamics": dynamics}
    trainer = Trainer(TrialConfig.parse(small), digits)
    while not trainer.done:
        trainer.train_epoch()
    first, last = trainer.history[0], trainer.history[-1]
    assert last["train_loss"] < first["train_loss"]
    assert last["val_accuracy"] > 0.3  # chance: 0.1
    network, part = trainer.network.eval(), trainer.val
    with torch.no_grad():
        logits = network(part.images).logits
    wanted = float(functional.cross_entropy(logits, part.labels.long()))
    assert last["val_loss"] == pytest.approx(wanted, rel=1e-5)


def test_a_loss_of_a_user_gets_the_keys_that_it_brings_and_uses() -> None:
    use("power * label_smoothing * good / good")
    assert float(value(loss="mine", power=3.0, label_smoothing=0.5)) == 1.5
    config = TrialConfig.parse({"loss": "mine"})
    assert config.params().keys() - TrialConfig.parse({}).params().keys() == {"power"}
    with pytest.raises(PluginError, match="mine must take 2 arguments and label_smoothing, power"):
        text = PLUGIN.format("good").replace(", label_smoothing):", "):")
        plugins.use_files([PluginFile("mine.py", text.replace("power,", "power=2").encode())])


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("good", ""),
        ("good.detach()", "no gradient comes through it"),
        ("good.item()", "the loss is a float, not a tensor"),
        ("logits.log_softmax(dim=1)", "the loss has shape (6, 3), not ()"),
        ("logits.softmax(dim=1).log().mean()", "values that are not finite"),
        ("-good", "with the right one"),
        ("7 * good", ""),
        ("good * len(labels)", "it is a mean over the images, not a sum"),
        ("logits[0].square().mean()", "The order of the images"),
        ("good * torch.rand(())", "The same batch gives the same number every time"),
        ("good + counts.mean()", "mine.py:14: AttributeError"),
    ],
)
def test_what_a_loss_does_wrong_is_told_in_one_line(returned: str, told: str) -> None:
    use(returned)
    (component,) = registry.current().plugins
    fault = first_fault(component)
    assert told in fault and "\n" not in fault
    assert bool(fault) == bool(told)


def test_on_a_gpu_the_steps_with_a_loss_of_a_user_are_not_recorded_and_it_is_said_why() -> None:
    use("good * good.item() / good.item()")  # no recorded step can ask the device for a value
    mine, ours = TrialConfig.parse({"loss": "mine"}), TrialConfig.parse({})
    assert unrecorded(mine, "cuda") == "the loss mine is a user's"
    assert recorder_of(mine, "cuda") is None
    assert computed_by(mine, "cuda") == "cuda, steps not recorded: the loss mine is a user's"
    assert unrecorded(ours, "cuda") == "" and computed_by(ours, "cuda") == "cuda"
    assert computed_by(mine, "cpu") == "cpu" and recorder_of(ours, "cpu") is None
