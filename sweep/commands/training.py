"""Commands on one network: train, predict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweep.commands.common import SetOption, stderr


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (train, predict):
        app.command()(command)


def train(
    set_: SetOption = [],  # noqa: B006 (typer wants the literal)
) -> int:
    """Train one configuration, without Ray, and log it to MLflow.

    The same command again goes on where an interrupted training was, and answers at once from the
    record when it is finished. All cores are used.

    Example: spikesweep train --set dataset=fashion_mnist --set encoding=constant --set epochs=10
    """
    from snn.config import TrialConfig
    from sweep import single
    from sweep.spec_file import parse_overrides

    ended = single.train(TrialConfig.parse(parse_overrides(set_)), stderr())
    if ended.undelivered:
        stderr().print(ended.undelivered)
    if ended.interrupted:
        stderr().print("interrupted; the same command goes on after the last finished epoch")
        return 130
    if not ended.metrics:
        stderr().print(f"failed: {ended.reason}")
        return 1
    for name in ("test_accuracy", "test_loss", "best_epoch", "best_val_accuracy"):
        print(f"{name:<18} {ended.metrics[name]:.6g}")
    print(f"{'checkpoint':<18} {ended.checkpoint}")
    return 0


def predict(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="a best.pt file, or the name of a sweep")
    ],
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
) -> None:
    """Classify images with a trained network.

    Example: spikesweep predict quickstart digit.png test:17 --figure digit.pdf
    """
    from snn import checkpoint, pictures
    from sweep.commands.results import best_checkpoint

    if figure is not None:
        from analysis.figures import known_suffix

        known_suffix(figure)  # before anything is computed
    path = Path(model) if model.endswith(".pt") else best_checkpoint(model)
    network, _ = checkpoint.load_network(path)
    pixels = pictures.read(images, network, invert=invert)
    found = network.probabilities(pixels)
    if figure is not None:
        from sweep.commands.activity import draw

        draw(figure, network, images, pixels, found)
    for name, probabilities in zip(images, found, strict=True):
        likely = probabilities.argsort(descending=True)[:3].tolist()
        shown = "  ".join(f"{label}: {float(probabilities[label]):.1%}" for label in likely)
        print(f"{name}  {likely[0]}  ({shown})")
