"""Image sets as uint8 arrays in memory."""

from snn.data.dataset import Dataset
from snn.data.sources import load, verify

__all__ = ["Dataset", "load", "verify"]
