"""Data sets of events: who fired when, sparse and packed in memory."""

from snn.data.events.dataset import EventDataset
from snn.data.events.packed import Events

__all__ = ["EventDataset", "Events"]
