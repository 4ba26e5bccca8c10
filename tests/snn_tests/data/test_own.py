"""Images of one's own: every form is read alike, and every mistake is one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from snn.config import TrialConfig
from snn.data import Dataset, load
from snn.data.shapes import Shape
from snn.errors import CheckpointError
from snn.networks import build, pictures
from snn.training.checkpoints import checkpoint
from snn.training.trainer import Trainer
from sweep.cli import run
from tests.snn_tests.data.own_files import WRONG, arrays, labels, npz, picture, pixels


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(dataset: Dataset, **keys: Any) -> Trainer:
    small = {"hidden": 8, "n_steps": 8, "epochs": 1, "val_fraction": 0.25, "batch_size": 64}
    trainer = Trainer(TrialConfig.parse({"dataset": dataset.name, **small, **keys}), dataset)
    trainer.train_epoch()
    metrics, confusion = trainer.test_best()
    assert int(confusion.sum()) == len(dataset.test_labels)
    assert np.isfinite(metrics["test_loss"])
    return trainer


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("faces_data_train", "faces_targets_train", "faces_data_test", "faces_targets_test"),
    ],
)
def test_arrays_are_found_by_their_names(names: tuple[str, str, str, str]) -> None:
    given = dict(zip(names, arrays().values(), strict=True))
    np.savez("a.npz", **given, val_images=pixels(3), val_labels=labels(3), note=np.zeros(2))
    Path("beside").mkdir()
    for name, array in given.items():
        np.save(f"beside/{name}.npy", array)
    for value in ("a.npz", f"beside/{names[0]}.npy", "beside/"):
        dataset = load(value)
        assert dataset.name == value and dataset.shape == (5, 7, 3) and dataset.n_classes == 4
        assert np.array_equal(dataset.train_images, given[names[0]].reshape(20, -1))
        assert np.array_equal(dataset.test_labels, given[names[3]])


def test_numbers_of_every_stated_kind_are_the_same_images() -> None:
    grey = pixels(20, (6, 9))
    grey[0, 0, 0] = 255  # the highest
    forms = {
        "bytes": grey,
        "integers": grey.astype(np.int64),
        "big-endian": grey.astype(">i4"),
        "0 to 1": grey / 255,
        "0 to 1, halves": (grey / 255).astype(np.float16),
        "0 to 255": grey.astype(np.float32),
        "with a channel": grey[..., None],
        "channels first": grey[:, None],
        "by columns": np.asfortranarray(grey),
    }
    digests = set()
    for form, images in forms.items():
        np.savez("a.npz", images=images, labels=labels())
        dataset = load("a.npz")
        assert dataset.shape == (6, 9, 1), form
        if "halves" not in form:  # they have 11 bits
            digests.add(dataset.sha256)
        both = np.sort(np.concatenate([dataset.train_images, dataset.test_images]), axis=0)
        wanted = np.sort(grey.reshape(20, -1), axis=0)
        assert np.abs(both.astype(int) - wanted).max() <= 1, form
    assert len(digests) == 1


def test_black_and_white_is_0_and_255() -> None:
    for images in (pixels(20, (4, 4)) % 2, pixels(20, (4, 4)) % 2 == 1):
        np.savez("a.npz", images=images, labels=labels())
        assert set(np.unique(load("a.npz").train_images)) == {0, 255}


def test_rows_are_square_images_or_one_row() -> None:
    for n_pixels, shape in ((36, (6, 6, 1)), (37, (1, 37, 1))):
        np.savez("a.npz", images=pixels(20, (n_pixels,)), labels=labels())
        assert load("a.npz").shape == shape


def test_channels_first_are_put_last() -> None:
    images = pixels(20, (5, 7, 3))
    npz(Path("last.npz"), x_train=images)
    npz(Path("first.npz"), x_train=images.transpose(0, 3, 1, 2))
    first, last = load("first.npz"), load("last.npz")
    assert np.array_equal(first.train_images, last.train_images) and first.shape == last.shape


def test_the_same_numbers_in_another_shape_are_other_data() -> None:
    digests = set()
    images = pixels(20, (36,))
    for shape in ((6, 6), (4, 9), (9, 4), (4, 3, 3), (3, 3, 4), (1, 36)):
        np.savez("a.npz", images=images.reshape(20, *shape), labels=labels())
        digests.add(load("a.npz").sha256)
    assert len(digests) == 6


def test_labels_that_are_texts_are_numbered_by_the_alphabet() -> None:
    words = np.array(["cat", "ant", "bee", "ant"])
    npz(Path("a.npz"), y_train=np.tile(words, 5), y_test=np.tile(words, 2)[:, None])
    dataset = load("a.npz")
    assert dataset.class_names == ("ant", "bee", "cat")
    assert dataset.train_labels[:4].tolist() == [2, 0, 1, 0] == dataset.test_labels[:4].tolist()


def test_a_fifth_of_every_class_is_held_out_and_always_the_same() -> None:
    counts = [40, 10, 2, 1]
    known = np.repeat(np.arange(4), counts)
    np.savez("a.npz", images=pixels(len(known)), labels=known)
    dataset = load("a.npz")
    assert np.bincount(dataset.test_labels, minlength=4).tolist() == [8, 2, 1, 0]
    assert np.bincount(dataset.train_labels).tolist() == [32, 8, 1, 1]
    assert load("a.npz").sha256 == dataset.sha256


def test_a_folder_of_class_folders_is_read_in_the_order_of_their_names() -> None:
    for name in ("10/a.png", "9/a.PNG", "9/b.jpg", "10/.hidden", "10/b.jpeg"):
        picture(Path("numbers") / name) if "hidden" not in name else Path(
            "numbers", name
        ).write_text("not read")
    dataset = load("numbers/")
    assert dataset.class_names == ("9", "10") and dataset.shape == (5, 7, 3)
    assert dataset.train_labels.tolist() == dataset.test_labels.tolist() == [0, 1]


def test_a_picture_means_the_same_in_a_folder_and_to_predict() -> None:
    for part, count in (("train", 6), ("test", 2)):
        for number in range(count):
            for name in ("cat", "dog"):
                picture(Path(f"photos/{part}/{name}/{number}.png"), (20 + number, 30))
    dataset = load("photos/@12x9")
    assert dataset.shape == (12, 9, 3) and len(dataset.test_labels) == 4
    trainer = train(dataset, augment_rotation=20, augment_shift=1, augment_mirror=True)
    checkpoint.save_network("best.pt", trainer.best_network(), {})
    network, _ = checkpoint.load_network("best.pt")
    assert network.shape == (12, 9, 3) and network.class_names == ("cat", "dog")
    found = pictures.read(["photos/test/dog/1.png", "test:3"], network)
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[1], dataset.test_images[3])
    assert pictures.label("test:3", network) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"shape": [4, 4]}, "is no height, width and channels"),
        ({"shape": [0, 6, 6]}, "is no height, width and channels"),
        ({"shape": [4, 5, 6]}, "shape: 4 × 5 × 6 is not of 36 pixels"),
        ({"shape": "36"}, "shape: input should be a valid list"),
        ({"class_names": ["a"]}, "class_names: 1 of 10 classes"),
    ],
)
def test_a_checkpoint_whose_shape_or_names_do_not_fit_is_refused(
    changes: dict[str, Any], told: str
) -> None:
    network = build(TrialConfig(dataset="a.npz", hidden=4), 36, shape=Shape(6, 6))
    checkpoint.save_network("good.pt", network, {})
    checkpoint.save("bad.pt", checkpoint.load("good.pt") | changes)
    with pytest.raises(CheckpointError, match=re.escape(told)):
        checkpoint.load_network("bad.pt")
    earlier = checkpoint.load("good.pt")
    del earlier["shape"], earlier["class_names"]  # as it was written before there were these
    checkpoint.save("earlier.pt", earlier)
    assert pictures.shape_of(checkpoint.load_network("earlier.pt")[0]) == (6, 6, 1)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("grey", (5, 7, 1)),
        ("mixed", (5, 7, 3)),
        ("mixed/@grey", (5, 7, 1)),
        ("grey@4", (4, 4, 1)),
        ("grey/@4,color", (4, 4, 3)),
        ("mixed/@6x8,grey", (6, 8, 1)),
    ],
)
def test_size_and_colour_are_those_of_the_pictures_or_asked_for(
    value: str, shape: tuple[int, int, int]
) -> None:
    for number in range(3):
        picture(Path(f"grey/a/{number}.png"), mode="L")
        picture(Path(f"grey/b/{number}.png"), mode="L")
        picture(Path(f"mixed/a/{number}.png"), mode="L")
        picture(Path(f"mixed/b/{number}.png"))
    assert load(f"./{value}").shape == shape


@pytest.mark.parametrize(
    ("shape", "known"),
    [
        ((6, 5, 3), np.arange(40) % 4),
        ((3, 11), np.arange(40) % 3),
        ((20, 20), np.arange(40) % 10),
        ((6, 6), np.arange(40) % 4 + (np.arange(40) % 4 > 1)),  # there is no 2
        ((6, 6), np.arange(40) % 2),
        ((4, 4), np.arange(300) % 100),
        ((4, 4), np.arange(600) % 256),
    ],
    ids=["colour", "oblong", "20 x 20", "a class missing", "two classes", "100", "256"],
)
@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_sets_of_any_shape_and_number_of_classes_are_trained(
    shape: tuple[int, ...], known: np.ndarray, backend: str
) -> None:
    np.savez("a.npz", images=pixels(len(known), shape), labels=known)
    dataset = load("a.npz")
    assert dataset.n_classes == known.max() + 1
    train(dataset, backend=backend, augment_shift=1.0, augment_rotation=10.0, augment_mirror=True)


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    value, make, told = WRONG[what]
    make(folder / Path(value).name.partition("@")[0] if "/@" not in value else folder / "a")
    before = sorted(folder.rglob("*"))
    code = run(["train", "--set", f"dataset={value}", "--set", "epochs=1"])
    lines = capsys.readouterr().err.strip().splitlines()
    assert code == 2 and len(lines) == 1, lines
    assert told in lines[0]
    assert sorted(folder.rglob("*")) == before


def test_a_set_is_described_in_words_and_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    npz(Path("a.npz"), y_train=labels() + (labels() > 1))
    assert run(["data", "describe", "a.npz", "-o", "samples.png"]) == 0
    said = capsys.readouterr().out
    assert "20 + 8 images  5 × 7 × 3  5 classes" in said and "range      0 to 255" in said
    assert "sequence   rows: 5 steps of 21 inputs; pixels: 35 steps of 3" in said
    assert "no training image" in said and load("a.npz").sha256 in said
    with Image.open("samples.png") as sheet:
        assert sheet.size == (10 * 8 * 8, 5 * 6 * 8)  # with a line between, eight times as large
    for arguments in (["describe"], ["describe", "a.npz", "-o", "a.pdf"], ["fetch", "nothing"]):
        assert run(["data", *arguments]) == 2


def test_all_known_sets_are_listed_with_what_is_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIKESWEEP_DATA", "nowhere")
    assert run(["data"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "digits           1438 + 359 images  8 × 8  10 classes  scikit-learn" in said
    assert "cifar10          not here: spikesweep data fetch cifar10" in said
    assert "tonic            tonic@set=NMNIST, and other sets of tonic" in said
    assert run(["data", "verify", "cifar10"]) == 2
