"""Data of one's own, by their path: arrays of images in files, or a folder of class folders.

    dataset: digits.npz            arrays x_train, y_train and, if there are, x_test, y_test
    dataset: arrays/x_train.npy    the same as files of one array each
    dataset: photos/               a folder a class, or train/ and test/ with such
    dataset: photos/@28            pictures brought to 28 × 28
    dataset: photos/@24x32,grey    to 24 rows of 32 pixels, by their luminance

Relative paths are those of the working folder. How arrays become images of bytes is said in
`pixels`, how labels become classes in `classes`, what is held out for tests in `held_out`.
"""

from __future__ import annotations

from snn.data.dataset import Dataset
from snn.data.own import array_files, folders
from snn.data.own.classes import as_classes
from snn.data.own.held_out import with_test
from snn.data.own.location import Location
from snn.data.own.material import Material
from snn.data.own.pixels import as_bytes
from snn.errors import DataError


def read(given: str) -> Dataset:
    """Read a data set of one's own into memory.

    Args:
        given: As in a configuration; it is the name of the data set.

    Raises:
        DataError: It is missing, cannot be read, or is no images and labels that fit each other;
            one line, which begins with the path.
    """
    place = Location.of(given)
    material = _material(place)
    where = str(place.path)
    train_images, test_images, shape = as_bytes(where, material)
    labels = as_classes(where, material)
    parts = with_test(where, train_images, labels.train, test_images, labels.test)
    return Dataset(
        name=given,
        height=shape.height,
        width=shape.width,
        channels=shape.channels,
        n_classes=labels.n_classes,
        train_images=parts.train_images,
        train_labels=parts.train_labels,
        test_images=parts.test_images,
        test_labels=parts.test_labels,
        class_names=labels.names,
    )


def _material(place: Location) -> Material:
    try:
        if place.path.is_dir() and not array_files.is_folder_of_arrays(place.path):
            return folders.read(place)
        if place.asks:
            raise DataError(
                f"{place.path}: @ brings pictures in folders to a size; arrays have one"
            )
        return array_files.read(place.path)
    except OSError as error:
        raise DataError(f"{place.path}: cannot be read: {error.strerror or error}") from None
