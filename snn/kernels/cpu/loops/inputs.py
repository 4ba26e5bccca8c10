"""Lists of who fires when in the first layer's input, for every kind of code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snn.kernels.cpu.loops.events import Events
from snn.kernels.cpu.steps.parts import F32, I32, compiled


@compiled
def sort_events(pixels: NDArray[np.uint8], table: I32, events: Events) -> None:
    """List the pixels of every image by their step or period; those beyond the last are silent."""
    n_slots = events.offsets.shape[1] - 1
    place = np.empty(n_slots, np.int32)
    for b in range(len(pixels)):
        count = events.offsets[b]
        count[:] = 0
        for grey in pixels[b]:
            slot = table[grey]
            if slot < n_slots:
                count[slot + 1] += 1
        for slot in range(n_slots):
            place[slot] = count[slot]
            count[slot + 1] += count[slot]
        for pixel in range(pixels.shape[1]):
            slot = table[pixels[b, pixel]]
            if slot < n_slots:
                events.rows[b, place[slot]] = pixel
                place[slot] += 1


@compiled
def spread_events(units: NDArray[Any], offsets: NDArray[np.int64], events: Events) -> None:
    """Give every sample a row of its own, of events that lie one sample after the other.

    Args:
        units: (E,) who fires, by sample and step.
        offsets: (B · T + 1,) where every step begins.
        events: Out.
    """
    n_steps = events.offsets.shape[1] - 1
    for b in range(len(events.rows)):
        start = offsets[b * n_steps]
        for t in range(n_steps + 1):
            events.offsets[b, t] = offsets[b * n_steps + t] - start
        for k in range(events.offsets[b, n_steps]):
            events.rows[b, k] = units[start + k]


@compiled
def list_values(pieces: NDArray[np.uint8], events: Events, values: F32) -> None:
    """List the grey levels (B, S, N) that are not 0 by their step, with their values from 0 to 1.

    Of the T steps that the events have, those from S on have none.
    """
    n_images, n_pieces, n_inputs = pieces.shape
    for b in range(n_images):
        n = 0
        events.offsets[b, 0] = 0
        for t in range(events.offsets.shape[1] - 1):
            if t < n_pieces:
                for k in range(n_inputs):
                    if pieces[b, t, k]:
                        events.rows[b, n] = k
                        values[b, n] = np.float32(pieces[b, t, k]) / np.float32(255)
                        n += 1
            events.offsets[b, t + 1] = n


@compiled
def look_up(pixels: NDArray[np.uint8], table: F32, values: F32) -> None:
    """The table's entry for every pixel (B, N); four times as fast as NumPy and torch do it."""
    for b in range(len(pixels)):
        for pixel in range(pixels.shape[1]):
            values[b, pixel] = table[pixels[b, pixel]]


@compiled
def list_crossings(reached: I32, n_levels: int, events: Events) -> None:
    """List the thresholds that are crossed by their step, as `snn.encoding.sequences` defines them.

    Args:
        reached: (B, S, M) how many thresholds each number reaches; none from step S on.
        n_levels: K.
        events: Out, of inputs 0 to 2 · K · M − 1.
    """
    n_images, n_pieces, n_numbers = reached.shape
    for b in range(n_images):
        n = 0
        events.offsets[b, 0] = 0
        for t in range(events.offsets.shape[1] - 1):
            if t <= n_pieces:
                for k in range(n_numbers):
                    before = reached[b, t - 1, k] if t else 0
                    after = reached[b, t, k] if t < n_pieces else 0
                    first = 2 * n_levels * k + (n_levels if after < before else 0)
                    for level in range(min(before, after), max(before, after)):
                        events.rows[b, n] = first + level
                        n += 1
            events.offsets[b, t + 1] = n


@compiled
def draw_events(
    pixels: NDArray[np.uint8],
    table: NDArray[np.uint64],
    key: tuple[np.uint32, np.uint32],
    first_image: int,
    events: Events,
) -> None:
    """Draw Poisson spikes as `snn.encoding.poisson` defines them."""
    n_steps, n_pixels = events.offsets.shape[1] - 1, pixels.shape[1]
    lit = np.empty(n_pixels, np.int32)
    bound = np.empty(n_pixels, np.uint64)
    words = np.empty((4, n_pixels), np.uint32)
    for b in range(len(pixels)):
        n_lit = 0
        for pixel in range(n_pixels):
            if pixels[b, pixel]:
                lit[n_lit] = pixel
                bound[n_lit] = table[pixels[b, pixel]]
                n_lit += 1
        n = 0
        events.offsets[b, 0] = 0
        for step in range(n_steps):
            if step % 4 == 0:
                _philox(key, np.uint32(step // 4), lit, n_lit, np.uint32(first_image + b), words)
            word = words[step % 4]
            for k in range(n_lit):
                events.rows[b, n] = lit[k]
                n += np.uint64(word[k]) < bound[k]
            events.offsets[b, step + 1] = n


@compiled
def _philox(key: Any, place: Any, pixels: I32, count: int, image: Any, words: Any) -> None:
    for k in range(count):
        k0, k1 = key
        c0, c1, c2, c3 = place, np.uint32(pixels[k]), image, np.uint32(0)
        for _ in range(10):
            p0 = np.uint64(c0) * np.uint64(0xD2511F53)
            p1 = np.uint64(c2) * np.uint64(0xCD9E8D57)
            c0 = np.uint32(p1 >> np.uint64(32)) ^ c1 ^ k0
            c1 = np.uint32(p1)
            c2 = np.uint32(p0 >> np.uint64(32)) ^ c3 ^ k1
            c3 = np.uint32(p0)
            k0 = np.uint32(k0 + np.uint32(0x9E3779B9))
            k1 = np.uint32(k1 + np.uint32(0xBB67AE85))
        words[0, k], words[1, k], words[2, k], words[3, k] = c0, c1, c2, c3
