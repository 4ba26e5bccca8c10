"""What must be set before anything of the project is imported."""

from __future__ import annotations

import os

import torch

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # Triton's own interpreter runs the GPU code on the CPU
