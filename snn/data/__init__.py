"""Image sets as uint8 arrays in memory."""

from snn.data.augmentation import augment
from snn.data.dataset import Dataset, Split, split
from snn.data.sources import load, verify

__all__ = ["Dataset", "Split", "augment", "load", "split", "verify"]
