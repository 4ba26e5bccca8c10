"""The parts of the GPU's loops, in Triton."""
