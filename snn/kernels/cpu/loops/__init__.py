"""The compiled time loops of `cpu`: a few images at a time, all their state in the nearest cache.

Shapes: B images, T steps, N inputs, H neurons, C classes.

Whatever is sparse is a sum over events: the input of a latency or Poisson code, the spikes of the
layer below and of the layer itself, on the way forward and, for the weights, on the way back. Only
what comes down from the layer above and through recurrent weights on the way back is dense.
Arrays of size 0 stand for what a network does not have, None for what is rare: then the loops are
compiled without it.

In the order of use: `inputs` lists the events of the first layer, `lit` those of the constant code,
`layer` runs neurons, `readout` gives the logits, `layer_back` has the gradients of a layer. All of
them share the sums over events of `events`.

There is one compiled call for each layer and way, with the lit pixels below the first and the
readout above the last. Between calls a thread needs Python's lock, and then others wait for it.
"""

from snn.kernels.cpu.loops.events import Events, Inputs
from snn.kernels.cpu.loops.inputs import (
    draw_events,
    list_crossings,
    list_values,
    look_up,
    sort_events,
    spread_events,
)
from snn.kernels.cpu.loops.layer import forward
from snn.kernels.cpu.loops.layer_back import IN_TURN, backward
from snn.kernels.cpu.loops.readout import TRACE, ReadOut

__all__ = [
    "IN_TURN",
    "TRACE",
    "Events",
    "Inputs",
    "ReadOut",
    "backward",
    "draw_events",
    "forward",
    "list_crossings",
    "list_values",
    "look_up",
    "sort_events",
    "spread_events",
]
