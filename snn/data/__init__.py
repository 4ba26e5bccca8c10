"""Image sets as uint8 arrays in memory."""

from snn.data.augmentation import Augmentation
from snn.data.dataset import Dataset, Split, split
from snn.data.sources import load, verify

__all__ = ["Augmentation", "Dataset", "Split", "load", "split", "verify"]
