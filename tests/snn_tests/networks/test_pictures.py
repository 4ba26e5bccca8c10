"""A picture means the same to a network in whatever form it is stored."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from snn.config import TrialConfig
from snn.data import Dataset
from snn.data.shapes import Shape
from snn.errors import DataError
from snn.networks import Network, build, pictures

SIDE = 8


@pytest.fixture
def network() -> Network:
    return build(TrialConfig(dataset="digits", hidden=4, n_steps=20), SIDE * SIDE)


@pytest.fixture
def digit(digits: Dataset) -> np.ndarray:
    """A test image, (8, 8) uint8, bright on black."""
    return digits.test_images[3].reshape(SIDE, SIDE)


def deep(grey: np.ndarray) -> np.ndarray:
    return grey.astype(np.uint16) * 257


def coloured(grey: np.ndarray) -> Image.Image:
    return Image.merge("RGB", [Image.fromarray(grey)] * 3)


def with_alpha(ink: int, grey: np.ndarray) -> Image.Image:
    """All of one colour, drawn by the alpha channel alone, as drawing programs do."""
    flat = Image.new("L", (SIDE, SIDE), ink)
    return Image.merge("LA", [flat, Image.fromarray(grey)])


def palette(grey: np.ndarray) -> Image.Image:
    image = Image.fromarray(255 - grey, mode=None).copy()
    indexed = Image.frombytes("P", image.size, image.tobytes())
    indexed.putpalette([value for level in range(256) for value in [255 - level] * 3])
    return indexed


def turned(grey: np.ndarray) -> Image.Image:
    """Stored on its side, with the mark of a camera that was held so."""
    image = Image.fromarray(np.rot90(grey).copy())
    image.getexif()[0x0112] = 6
    return image


FORMS: dict[str, tuple[str, Callable[[np.ndarray], Image.Image]]] = {
    "grey": ("png", Image.fromarray),
    "16 bits": ("png", lambda grey: Image.fromarray(deep(grey))),
    "16 bits, TIFF": ("tif", lambda grey: Image.fromarray(deep(grey))),
    "whole numbers": ("tif", lambda grey: Image.fromarray(deep(grey).astype(np.int32))),
    "fractions": ("tif", lambda grey: Image.fromarray((grey / 255).astype(np.float32))),
    "colour": ("png", coloured),
    "CMYK": ("tif", lambda grey: coloured(grey).convert("CMYK")),
    "palette": ("png", palette),
    "bright ink on nothing": ("png", lambda grey: with_alpha(255, grey)),
    "opaque": ("png", lambda grey: coloured(grey).convert("RGBA")),
    "turned": ("png", turned),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_is_the_same_in_every_form(
    tmp_path: Path, network: Network, digit: np.ndarray, form: str
) -> None:
    suffix, made = FORMS[form]
    image = made(digit)
    image.save(
        tmp_path / f"digit.{suffix}", **({"exif": image.getexif()} if form == "turned" else {})
    )
    pixels = pictures.read([str(tmp_path / f"digit.{suffix}")], network)
    assert np.abs(pixels.numpy().reshape(SIDE, SIDE).astype(int) - digit).max() <= 1


def test_dark_ink_on_nothing_is_a_digit_when_it_is_inverted(
    tmp_path: Path, network: Network, digit: np.ndarray
) -> None:
    with_alpha(0, digit).save(tmp_path / "digit.png")
    pixels = pictures.read([str(tmp_path / "digit.png")], network, invert=True)
    assert np.abs(pixels.numpy().reshape(SIDE, SIDE).astype(int) - digit).max() <= 1


def test_a_colour_that_is_declared_transparent_is_background(
    tmp_path: Path, network: Network
) -> None:
    for name, image in (
        ("deep.png", Image.fromarray(np.full((SIDE, SIDE), 65535, np.uint16))),
        ("flat.png", Image.new("L", (SIDE, SIDE), 255)),
    ):
        image.save(tmp_path / name, transparency=65535 if name == "deep.png" else 255)
        assert not pictures.read([str(tmp_path / name)], network).any()


def test_of_an_animation_the_first_picture_is_taken(
    tmp_path: Path, network: Network, digit: np.ndarray
) -> None:
    first, second = Image.fromarray(digit), Image.new("L", (SIDE, SIDE), 255)
    first.save(tmp_path / "digit.png", save_all=True, append_images=[second])
    pixels = pictures.read([str(tmp_path / "digit.png")], network)
    assert np.array_equal(pixels.numpy().reshape(SIDE, SIDE), digit)


def chunk(kind: bytes, content: bytes) -> bytes:
    sum_ = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + sum_


def png(width: int, height: int) -> bytes:
    """A file of some hundred bytes that announces a picture of any size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def numbers(*values: float) -> Callable[[Path], None]:
    return lambda path: Image.fromarray(np.array([values], np.float32)).save(path, format="TIFF")


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda path: path.write_bytes(png(30_000, 30_000)), "has more than 67 million pixels"),
        (lambda path: path.write_bytes(png(9_000, 9_000)), "has more than 67 million pixels"),
        (lambda path: path.write_bytes(png(10, 10)[:42]), "is no image that can be read"),
        (lambda path: path.write_bytes(b""), "is no image that can be read"),
        (lambda path: path.write_bytes(b"GIF89a" + bytes(range(256))), "is no image that can be"),
        (lambda path: path.mkdir(), "is no image that can be read"),
        (lambda path: None, "no such image file"),
        (numbers(0.0, 200.0), "has values that are not from 0 for black to 1 for white"),
        (numbers(float("nan"), 0.5), "has values that are not from 0 for black to 1 for white"),
        (
            lambda path: Image.fromarray(np.array([[70_000]], np.int32)).save(path, format="TIFF"),
            "has values that are not from 0 for black to 65535 for white",
        ),
        (lambda path: Image.new("LAB", (9, 9)).save(path, format="TIFF"), "is no image that can"),
    ],
)
def test_what_has_no_rule_is_refused_in_one_line(
    tmp_path: Path, network: Network, write: Callable[[Path], object], told: str
) -> None:
    write(tmp_path / "digit.png")
    with pytest.raises(DataError) as caught:
        pictures.read([str(tmp_path / "digit.png")], network)
    assert str(caught.value).startswith(f"{tmp_path / 'digit.png'}: {told}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", ["²", "٣", "३", "-1", "", " 1", "1_0", "360", "9" * 5000])
def test_a_test_image_has_a_plain_number(network: Network, number: str) -> None:
    for entrance in (
        lambda name: pictures.read([name], network),
        lambda name: pictures.label(name, network),
    ):
        with pytest.raises(DataError, match="there are test:0 to test:358"):
            entrance(f"test:{number}")


def test_a_network_of_other_images_is_told_apart(tmp_path: Path) -> None:
    odd = build(TrialConfig(dataset="digits", hidden=4, n_steps=20), 60)
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    for name, told in (
        ("test:0", "has 64 pixels, and the network 60"),
        (str(tmp_path / "a.png"), "no square"),
    ):
        with pytest.raises(DataError, match=told):
            pictures.read([name], odd)


def test_a_picture_is_brought_to_the_height_width_and_colours_of_the_networks_images(
    tmp_path: Path,
) -> None:
    config = TrialConfig(dataset="digits", hidden=4, n_steps=20)
    path = tmp_path / "flag.png"
    stripes = np.zeros((4, 6, 3), np.uint8)
    for third in range(3):  # red, green, blue
        stripes[:, 2 * third : 2 * third + 2, third] = 255
    Image.fromarray(stripes).save(path)
    coloured = build(config, 72, shape=Shape(4, 6, 3))
    assert np.array_equal(pictures.read([str(path)], coloured)[0].reshape(4, 6, 3), stripes)
    assert np.array_equal(
        pictures.read([str(path)], coloured, invert=True)[0].reshape(4, 6, 3), 255 - stripes
    )
    grey = pictures.read([str(path)], build(config, 24, shape=Shape(4, 6)))[0].reshape(4, 6)
    assert grey[0].tolist() == [76, 76, 150, 150, 29, 29]  # their luminance
    Image.fromarray(grey.numpy()).save(path)
    again = pictures.read([str(path)], coloured)[0].reshape(4, 6, 3)
    assert all(np.array_equal(again[..., channel], grey) for channel in range(3))
    with pytest.raises(DataError, match="a picture has 1 or 3 channels, not 2"):
        pictures.read([str(path)], build(config, 48, shape=Shape(4, 6, 2)))


def test_a_path_that_no_system_allows_is_refused(network: Network) -> None:
    for name in ("a\0b.png", "a" * 5000 + ".png"):
        with pytest.raises(DataError, match="is no image that can be read"):
            pictures.read([name], network)
