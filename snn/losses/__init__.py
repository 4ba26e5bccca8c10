"""Losses, one a file: from what a network answers and the labels to the number that is minimised.

Shapes: T steps, B images, H neurons of a layer, C classes.
"""

from snn.losses.base import Answer, Loss, loss

__all__ = ["Answer", "Loss", "loss"]
