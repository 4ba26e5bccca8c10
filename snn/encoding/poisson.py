"""Rate code: at every step a pixel x in [0, 1] fires with probability x / τ, independently.

τ (`encoder_tau`) is the mean interval in steps between the spikes of a white pixel.

Whether pixel n of image b fires at step t is a function of (key, b, n, t) alone, drawn by `philox`.
So every backend sees the same spikes, in whatever order it looks, and none stores them. The key is
a tensor, so that a GPU can take the next one without the host.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from snn.config import EncodingConfig
from snn.encoding.drive import GREY_LEVELS, PixelDrive, Table, check, look_up, total
from snn.errors import ArrayError
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="encoding",
        name="poisson",
        make="PoissonEncoder",
        uses=("encoder_tau",),
        compiled=("cpu", "cuda"),
        formats=("nir",),
        defaults={"encoder_tau": 5.0},
        random=True,
    ),
)

_ROUNDS = 10
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_WORD = 0xFFFFFFFF
WORDS = 4  # random numbers from one counter
Word = int | Tensor  # of 32 bits, in int64


def philox(key: tuple[Word, Word], counter: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Four random words per counter: Philox4x32-10.

    Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.

    Args:
        key: Two words of 32 bits.
        counter: Four words of 32 bits, int64 tensors of one shape.
    """
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(_ROUNDS):
        p0, p1 = _wide_product(c0, _MULTIPLIERS[0]), _wide_product(c2, _MULTIPLIERS[1])
        c0, c1, c2, c3 = p1[0] ^ c1 ^ k0, p1[1], p0[0] ^ c3 ^ k1, p0[1]
        k0, k1 = (k0 + _KEY_STEPS[0]) & _WORD, (k1 + _KEY_STEPS[1]) & _WORD
    return c0, c1, c2, c3


def _wide_product(word: Tensor, factor: int) -> tuple[Tensor, Tensor]:
    """Upper and lower 32 bits of a product of 32-bit words, without overflow in int64."""
    low, high = word * (factor & 0xFFFF), word * (factor >> 16)
    upper = (high + (low >> 16)) >> 16
    return upper, (low + ((high & 0xFFFF) << 16)) & _WORD


@dataclass(frozen=True)
class RandomSpikes(PixelDrive):
    """Poisson spike trains, drawn when they are asked for.

    Attributes:
        pixels: (B, N) uint8.
        table: (256,) int64; a grey level fires when its random word is under its entry.
        key: (2,) int64, two words of 32 bits, of the random numbers.
        n_steps: T.
    """

    pixels: Tensor
    table: Tensor
    key: Tensor
    n_steps: int

    def __post_init__(self) -> None:
        check(self, torch.int64, 0)
        key = self.key
        if not isinstance(key, Tensor) or key.shape != (2,) or key.dtype != torch.int64:
            raise ArrayError("key: must be a tensor of two words of 32 bits, in int64")

    def current(self, weight: Tensor) -> Tensor:
        """One product for all steps."""
        return self.dense().to(weight.dtype) @ weight

    def dense(self) -> Tensor:
        """The spikes of all steps; step t of a pixel is word t mod 4 of counter (t div 4, n, b)."""
        image, pixel = self.pixels.nonzero(as_tuple=True)
        bound = look_up(self.table, self.pixels)[image, pixel]
        spikes = torch.zeros(self.n_steps, *self.pixels.shape, device=self.pixels.device)
        for first in range(0, self.n_steps, WORDS):
            place = torch.full_like(pixel, first // WORDS)
            words = philox(
                (self.key[0], self.key[1]), (place, pixel, image, torch.zeros_like(pixel))
            )
            for step, word in zip(range(first, self.n_steps), words, strict=False):
                spikes[step, image, pixel] = (word < bound).float()
        return spikes

    def events(self) -> float:
        """Spikes per image, as expected: the mean over all keys."""
        return self.n_steps * total(self.table, self.pixels) / 2**32


def draw_key(generator: torch.Generator | None) -> Tensor:
    """(2,) int64, the key of one batch; without a generator, torch's global one is drawn from."""
    device = None if generator is None else generator.device
    return torch.randint(2**32, (2,), generator=generator, device=device)


class PoissonEncoder:
    """Pixels to random spike trains; the table holds the firing probabilities, times 2³²."""

    def __init__(self, config: EncodingConfig) -> None:
        self.n_steps = config.n_steps
        probability = (torch.arange(GREY_LEVELS).double() / 255 / config.encoder_tau).clamp(max=1)
        self._table = Table((probability * 2**32).round().long())

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> RandomSpikes:
        """Encode pixels (B, N) uint8 with a key, or with one that is drawn from the generator."""
        key = draw_key(generator) if key is None else key
        table = self._table.on(pixels.device)
        return RandomSpikes(pixels, table, key.to(pixels.device), self.n_steps)
