"""Commands on one network: train, predict, export."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts import completion
from sweep.commands.parts.common import (
    LeaderOption,
    PluginOption,
    SetOption,
    say_result,
    say_warnings,
    stderr,
)

if TYPE_CHECKING:
    from snn.declarations.files import PluginFile

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="a best.pt file, or the name of a sweep",
        autocompletion=completion.models,
    ),
]


class Format(StrEnum):
    """File formats of other software."""

    ONNX = "onnx"
    NIR = "nir"


class Solver(StrEnum):
    """How the reader of a NIR file steps through time."""

    EXACT = "exact"
    EULER = "euler"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (train, predict, export):
        app.command()(command)


def train(
    set_: SetOption = [],  # noqa: B006 (typer wants the literal)
    plugin: PluginOption = [],  # noqa: B006
) -> int:
    """Train one configuration, without Ray, and log it to MLflow.

    If the training was interrupted, the same command resumes it. If it is finished, the same
    command prints its results without training. All cores are used.

    One network, without a search:
    spikesweep train --set dataset=fashion_mnist --set encoding=constant --set epochs=10
    """
    from snn.config import TrialConfig
    from sweep.run import single
    from sweep.spec.checks.effects import without_effect
    from sweep.spec.own_networks import use_files
    from sweep.spec.plugins import check_components
    from sweep.spec.sources import parse_overrides

    given = use_files({"base": parse_overrides(set_)}, Path(), plugin)["base"]
    config = TrialConfig.parse(given)
    say_warnings(without_effect(config, given))
    check_components({each.kind: [each.name] for each in config.components})
    ended = single.train(config, stderr())
    if ended.undelivered:
        stderr().print(ended.undelivered)
    if ended.interrupted:
        stderr().print("interrupted; the same command goes on after the last finished epoch")
        return 130
    if not ended.metrics:
        stderr().print(f"failed: {ended.reason}")
        return 1
    for name in ("test_accuracy", "test_loss", "best_epoch", "best_val_accuracy"):
        say_result(f"{name:<18} {ended.metrics[name]:.6g}")
    say_result(f"{'checkpoint':<18} {ended.checkpoint}")
    return 0


def predict(
    model: ModelArgument,
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE…",
            help="an image file (bright on dark), or test:N for test image N of the model's data",
        ),
    ],
    invert: Annotated[
        bool, typer.Option("--invert", help="the image files are dark on bright")
    ] = False,
    figure: Annotated[
        Path | None,
        typer.Option(
            help="also draw what the network does: a .png, .svg or .pdf file; of several images "
            "FILE-1, FILE-2 …",
            metavar="FILE",
        ),
    ] = None,
    leader: LeaderOption = None,
    plugin: PluginOption = [],  # noqa: B006
) -> None:
    """Classify images with a trained network.

    An image file is turned as its camera marked it, made grey by its luminance (or red, green and
    blue, where the network learned colours), and stretched to the height and width of the images
    that the network learned; 16 bits are scaled to 8. Transparent parts are background: black, or
    white with --invert. Of an animation, the first picture is taken.

    What are this picture and the test image 17, and how sure is it?
    spikesweep predict quickstart digit.png test:17 --figure digit.pdf
    """
    from snn.networks import pictures
    from snn.training.checkpoints import checkpoint

    if figure is not None:
        from analysis.figures import known_suffix

        known_suffix(figure)  # before anything is computed
    network, _ = checkpoint.load_network(*_opened(model, plugin, leader))
    pixels = pictures.read(images, network, invert=invert)
    found = network.probabilities(pixels)
    if figure is not None:
        from sweep.commands.parts.activity import draw

        draw(figure, network, images, pixels, found)
    for name, probabilities in zip(images, found, strict=True):
        likely = probabilities.argsort(descending=True)[:3].tolist()
        called = network.class_names or range(network.n_classes)
        shown = "  ".join(f"{called[each]}: {float(probabilities[each]):.1%}" for each in likely)
        say_result(f"{name}  {called[likely[0]]}  ({shown})")


def export(
    model: ModelArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="file to write")],
    format_: Annotated[
        Format | None, typer.Option("--format", help="[default: by the name of the file]")
    ] = None,
    solver: Annotated[
        Solver,
        typer.Option(help="nir: how its reader steps, by the exact solution or Euler's method"),
    ] = Solver.EXACT,
    leader: LeaderOption = None,
    plugin: PluginOption = [],  # noqa: B006
) -> None:
    """Write a trained network for other software, as ONNX or NIR.

    ONNX has everything inside: pixels uint8 (B, N) in, logits (B, C) out. NIR has the weights and
    the neurons of LIF networks with their times in seconds: spikes in, the readout's trace out.
    A network that a format cannot express is refused.

    The best network of a sweep, for other software: spikesweep export quickstart -o quickstart.onnx
    """
    from snn import export as formats
    from snn.training.checkpoints import checkpoint
    from sweep.errors import SpecError

    suffix = output.suffix.removeprefix(".")
    if format_ is None and suffix not in list(Format):
        raise SpecError(f"{output}: ends in neither .onnx nor .nir; give --format onnx or nir")
    chosen = format_ or Format(suffix)
    network, _ = checkpoint.load_network(*_opened(model, plugin, leader))
    formats.write(network, output, chosen.value, solver.value)
    stderr().print(f"{output}: {network.n_pixels} pixels, {network.n_classes} classes")
    if chosen == Format.NIR:
        config = network.config
        stderr().print(
            f"not in it: the spike code ({config.encoding}, {config.n_steps} steps of "
            f"{config.dt:g} ms) and the {config.readout} over time that gives the logits"
        )
        stderr().print(
            "snnTorch reads the hidden layers only, as it knows no readout without spikes: leave "
            "out the nodes readout.weight and readout"
        )


def _opened(model: str, named: Sequence[str], leader: int | None) -> tuple[Path, list[PluginFile]]:
    """The checkpoint, and where the users' files may be that it needs."""
    from sweep.commands.parts.checkpoints import best_checkpoint
    from sweep.errors import SpecError
    from sweep.spec.kept_files import files_for

    if not model.endswith(".pt"):
        checkpoint = best_checkpoint(model, leader)
        return checkpoint, files_for(checkpoint, [model], named)
    if leader is not None:
        raise SpecError(f"--leader: {model} is one network; it goes with the name of a sweep only")
    return Path(model), files_for(Path(model), named=named)
