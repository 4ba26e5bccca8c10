"""Images of one's own in all their forms, and what may be wrong with them."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.snn_tests.networks.test_pictures import png

RANDOM = np.random.default_rng(0)
SHAPE = (5, 7, 3)


def pixels(count: int = 20, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return RANDOM.integers(0, 256, (count, *shape), dtype=np.uint8)


def labels(count: int = 20, classes: int = 4) -> np.ndarray:
    return np.arange(count) % classes


def arrays(**changes: Any) -> dict[str, Any]:
    """The arrays of a good file, with some changed, or left out by None."""
    good = {"x_train": pixels(), "y_train": labels(), "x_test": pixels(8), "y_test": labels(8)}
    return {name: array for name, array in (good | changes).items() if array is not None}


def npz(path: Path, **changes: Any) -> None:
    np.savez_compressed(path, **arrays(**changes))


def picture(path: Path, size: tuple[int, int] = (7, 5), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    Image.fromarray(pixels(1, shape)[0]).save(path)


def photos(folder: Path, *more: str) -> None:
    """A folder of two classes of three pictures each, and more files with text in them."""
    for name in ("cat/1.png", "cat/2.png", "cat/3.png", "dog/1.png", "dog/2.png", "dog/3.png"):
        picture(folder / name)
    for name in more:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("text")


def _truncated(path: Path) -> None:
    npz(path)
    path.write_bytes(path.read_bytes()[:-300])


def _broken_inside(path: Path) -> None:
    npz(path)
    content = bytearray(path.read_bytes())
    content[400] ^= 255
    path.write_bytes(content)


def _huge(path: Path) -> None:
    """A file of some hundred bytes that announces 10 TB."""
    head = io.BytesIO()
    form = {"descr": "|u1", "fortran_order": False, "shape": (10**7, 1000, 1000)}
    np.lib.format.write_array_header_1_0(head, form)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", head.getvalue())
        archive.writestr("y_train.npy", head.getvalue())


def _less_than_it_says(path: Path) -> None:
    head = io.BytesIO()
    form = {"descr": "|u1", "fortran_order": False, "shape": (100, 5, 7)}
    np.lib.format.write_array_header_1_0(head, form)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", head.getvalue() + bytes(100))
        archive.writestr("y_train.npy", head.getvalue() + bytes(100))


def _pickle(path: Path) -> None:
    path.mkdir()
    np.save(path / "x_train.npy", np.array([print, print], dtype=object), allow_pickle=True)
    np.save(path / "y_train.npy", labels(2))


def _classes(folder: Path) -> None:
    for number in range(300):
        picture(folder / f"{number}/1.png", (2, 2))


def _parts(folder: Path) -> None:
    photos(folder / "train")
    picture(folder / "test/bird/1.png")


def _other_part(folder: Path) -> None:
    photos(folder / "train")
    photos(folder / "val")


def _mixed(folder: Path) -> None:
    photos(folder)
    picture(folder / "dog/4.png", (8, 9))


def _empty_class(folder: Path) -> None:
    photos(folder)
    (folder / "emu").mkdir()


def _with(name: str, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        photos(folder)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    return make


def _pipe_of_array(folder: Path) -> None:
    folder.mkdir()
    np.save(folder / "x_train.npy", pixels(4))
    os.mkfifo(folder / "y_train.npy")


def _pipe_of_picture(folder: Path) -> None:
    photos(folder)
    os.mkfifo(folder / "dog/z.png")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _wrong(**changes: Any) -> Callable[[Path], None]:
    return lambda path: npz(path, **changes)


F = np.float32
WRONG: dict[str, tuple[str, Callable[[Path], object], str]] = {
    # what is wrong: the value of `dataset`, how it is made, what is said
    "missing": ("a.npz", lambda path: None, "a.npz: no such file or folder"),
    "missing folder": ("./a", lambda path: None, "a: no such file or folder"),
    "empty file": ("a.npz", lambda path: path.write_bytes(b""), "a.npz: is damaged, or no file"),
    "truncated": ("a.npz", _truncated, "a.npz: is damaged, or no file"),
    "damaged inside": ("a.npz", _broken_inside, "a.npz: "),
    "foreign": ("a.npz", lambda path: path.write_text("hello"), "a.npz: is damaged, or no file"),
    "foreign npy": ("x.npy", lambda path: path.write_text("hello"), "x.npy: has images x, and no"),
    "another kind": ("./a.txt", lambda path: path.write_text("hi"), "a.txt: must be a folder, or"),
    "an address": ("https://a.org/b.npz", lambda path: None, "is an address; fetch it first"),
    "a pipe": ("a.npz", os.mkfifo, "a.npz: is neither a file nor a folder"),
    "a pipe of an array": ("./a", _pipe_of_array, "a/y_train.npy: is neither a file nor a folder"),
    "a pipe of a picture": ("./a", _pipe_of_picture, "a/dog/z.png: is neither a file nor a folder"),
    "endless link": ("a.npz", _loop, "a.npz: cannot be read: Too many levels"),
    "announces 10 TB": ("a.npz", _huge, "a.npz: unpacks to 20,000.0 GB, more than half"),
    "has less than it says": ("a.npz", _less_than_it_says, "a.npz: x_train: is damaged"),
    "objects": ("a.npz", _wrong(x_train=np.array([{}] * 20)), "x_train: has Python objects"),
    "objects in labels": ("a.npz", _wrong(y_train=np.array([{}] * 20)), "has Python objects"),
    "a pickle": ("./a", _pickle, "a: x_train: has Python objects, which can run code"),
    "no images": ("a.npz", _wrong(x_train=None, x_test=None), "there are none; it has y_test"),
    "several images": ("a.npz", _wrong(images_train=pixels()), "there are several (x_train, im"),
    "no labels": ("a.npz", _wrong(y_train=None), "a.npz: has images x_train, and no labels"),
    "no test labels": ("a.npz", _wrong(y_test=None), "has test images x_test, and no labels"),
    "NaN": ("a.npz", _wrong(x_train=np.full((20, 5, 7, 3), np.nan)), "values that are not finite"),
    "NaN in the test": (
        "a.npz",
        _wrong(x_train=pixels() / F(255), x_test=np.full((8, 5, 7, 3), np.inf)),
        "x_test: has values that are not finite",
    ),
    "negative": ("a.npz", _wrong(x_train=pixels() / F(255) - 1), "must be 0 to 1 or 0 to 255, got"),
    "beyond 255": ("a.npz", _wrong(x_train=pixels() * F(3)), "must be 0 to 1 or 0 to 255, got 7"),
    "16 bits": ("a.npz", _wrong(x_train=pixels().astype("u2") * 257), "0 to 255, got 6"),
    "another range": (
        "a.npz",
        _wrong(x_train=pixels() / F(255)),
        "x_test: reach 255, and training",
    ),
    "complex": ("a.npz", _wrong(x_train=pixels() * 1j), "x_train: must be numbers, not complex128"),
    "texts": ("a.npz", _wrong(x_train=np.full((20, 5, 7), "a")), "must be numbers, not <U1"),
    "one axis": ("a.npz", _wrong(x_train=np.zeros(20, "u1")), "must be of shape (images, height"),
    "five axes": ("a.npz", _wrong(x_train=pixels(20, (2, 5, 7, 3))), "must be of shape (images,"),
    "no channels": ("a.npz", _wrong(x_train=pixels(20, (5, 7, 9))), "neither the last axis nor"),
    "no image at all": ("a.npz", _wrong(x_train=pixels(0)), "x_train: must be of shape (images,"),
    "another test shape": (
        "a.npz",
        _wrong(x_test=pixels(8, (7, 5, 3))),
        "training images are 5 × 7 × 3, and test images 7 × 5 × 3",
    ),
    "labels off by one": ("a.npz", _wrong(y_train=labels() + 1), "are 1 to 4, and labels begin"),
    "negative labels": ("a.npz", _wrong(y_train=labels() - 1), "must be 0 or more, got -1"),
    "test labels": ("a.npz", _wrong(y_test=labels(8, 7)), "y_test: must be 0 to 3 as in training"),
    "too few labels": ("a.npz", _wrong(y_train=labels(19)), "of shape (20,), not (19,)"),
    "one-hot labels": ("a.npz", _wrong(y_train=np.eye(20)), "one-hot labels take labels.argmax"),
    "labels with fractions": ("a.npz", _wrong(y_train=labels() / 2), "must be whole numbers or te"),
    "a strange class": (
        "a.npz",
        _wrong(y_train=np.array(["a", "b"] * 10), y_test=np.array(["a", "c"] * 4)),
        "class c is among the test labels only",
    ),
    "one class": (
        "a.npz",
        _wrong(y_train=labels() * 0, y_test=labels(8) * 0),
        "there is one class",
    ),
    "10,000 classes": ("a.npz", _wrong(y_train=labels() * 3333), "10,000 classes; 256 are allowed"),
    "one image": (
        "a.npz",
        _wrong(x_train=pixels(1), y_train=labels(1), x_test=None, y_test=None),
        "there is one class",
    ),
    "one training image": (
        "a.npz",
        _wrong(x_train=pixels(1), y_train=labels(1), y_test=labels(8) * 0),
        "there is one class",
    ),
    "nothing for a test": (
        "a.npz",
        _wrong(x_train=pixels(2), y_train=labels(2), x_test=None, y_test=None),
        "has 2 images and no test images",
    ),
    "300 class folders": ("./a", _classes, "a: has 300 class folders; 256 are allowed"),
    "an empty folder": ("./a", lambda path: path.mkdir(), "a: has no class folders"),
    "an empty class": ("./a", _empty_class, "a/emu: the class has no pictures"),
    "mixed sizes": ("./a", _mixed, "a: sizes differ: cat/1.png is 5 × 7 and dog/4.png 9 × 8"),
    "text among pictures": ("./a", lambda p: photos(p, "dog/notes.txt"), "notes.txt: is no PNG or"),
    "folders in a class": ("./a", lambda p: photos(p, "dog/b/1.png"), "b: is a folder in the fold"),
    "no picture": ("./a", lambda p: photos(p, "dog/9.png"), "a/dog/9.png: is no image that can"),
    "half a picture": ("./a", _with("dog/9.png", png(7, 5)[:42]), "9.png: is no image that can"),
    "a bomb": ("./a", _with("dog/9.png", png(30_000, 30_000)), "has more than 67 million pixels"),
    "a class in test/ only": ("./a", _parts, "a: class bird is in test/ and not in train/"),
    "another part": ("./a", _other_part, "a: has train/ and, beside it, val/"),
    "no size": ("./a/@large", photos, "after @ stands a size and grey or color"),
    "size 0": ("./a/@0x9", photos, "after @ stands a size and grey or color"),
    "a size of arrays": (
        "./a.npz@28",
        lambda path: npz(path.with_name("a.npz")),
        "arrays have one",
    ),
}
