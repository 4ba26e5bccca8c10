"""The compiled loops of a CPU: `network` computes a network, in parallel over parts of the batch.

In the order of use: `weights` of the layers are made ready once for all parts; `part` takes some
images from their pixels to the gradients; `inputs` makes what drives the first layer; `loops` run a
layer over all steps; `steps` has the equations of a step. `lanes` and `product` are what the loops
compute with, `threads` and `buffers` what they compute in.
"""
