"""The compiled time step of the neurons on a CPU, one file a family.

`snn.kernels.cpu.loops` runs over images and steps and calls the functions of `parts.py`. A family
is a class of numbers (`snn.kernels.base`), and its file implements these functions for it. Numba
chooses the implementation by the class when it compiles a loop, so this costs nothing later.

Numba keeps compiled loops on disk. They are compiled again after a change of any file of this
folder or of `snn.kernels.cpu.loops`, see `snn.kernels.cpu.numba_internals`.
"""
