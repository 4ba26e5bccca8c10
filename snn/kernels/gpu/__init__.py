"""The loops of a GPU, in Triton: `network` computes a network, most layers in a launch each way.

`inputs` makes what drives the first layer (`events` and `draws` are its kernels); `layers` chooses
the `loops` that run a layer, with the numbers of `families` and cut as `blocks` says; `neurons` has
the equations of a step. `reading` is the readout and the gradients of weights that spikes meet,
with the kernels of `readout`. `adam` is the optimiser's step.
"""
