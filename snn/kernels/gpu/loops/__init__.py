"""The loops of `cuda` in Triton: a launch runs all steps of a layer, or one of them.

Shapes: B images, T steps, H neurons; all arrays are contiguous.

A program computes a block of images by a block of neurons and keeps their state in registers. What
happens in a step, `neurons` says for every family. A layer is ALONE where no neuron gets spikes of
its own layer: then a launch runs all steps. It does so, too, with recurrent weights INSIDE: all
neurons are in one block, and their weights stay on the processor. For very wide layers these
weights are multiplied OUTSIDE, by a library: then a launch runs one step, and the state waits in
memory for the next one.

The layers in between are run by the wide loops: several processors of the GPU share the neurons of
a layer, as one has no room for all recurrent weights. So a program keeps those that lead to a block
of neurons, for a block of images, and at every step the programs of the same images wait for each
other: each adds 1 to a counter when its spikes are written, and goes on when all have. They have
neighbouring places in the grid, so they run at the same time. Triton's interpreter runs one program
after the other, so there a launch does one step (`single`), and the state is kept between the
launches.

No two programs write to one place, so results repeat.
"""

from snn.kernels.gpu.loops.layer import forward
from snn.kernels.gpu.loops.layer_back import backward
from snn.kernels.gpu.loops.recurrence import ALONE, INSIDE, OUTSIDE, halves
from snn.kernels.gpu.loops.wide_layer import forward as wide_forward
from snn.kernels.gpu.loops.wide_layer_back import backward as wide_backward

__all__ = [
    "ALONE",
    "INSIDE",
    "OUTSIDE",
    "backward",
    "forward",
    "halves",
    "wide_backward",
    "wide_forward",
]
