"""Chance looked up by key: the same key gives the same numbers on any machine, in any order, on any thread.

A key is the run's seed, the draw, who the number is for and the step of theirs it decides, so a scenario meets the same
luck as its baseline and draws may be played in any blocks. A counter's words are (one of a household << 20) + step; the
child's or household's number, or the cell; the draw; and (what for << 20) + (layer << 8) + month. Both published
algorithms here are final: code compiled from other modules that use them is not compiled again if they change.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cip_analysis.demand.simulation.compiling import compiled

Array = NDArray[Any]

RATES, PRESENT, HOUSEHOLDS, ARRIVALS = 0, 1, 2, 4
"""What a key is for; households and arrivals have one more for the second of the two groups."""

MULTIPLIER_A, MULTIPLIER_B = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
STEP_A, STEP_B = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


@compiled
def philox(first: int, second: int, third: int, fourth: int, key: Array) -> tuple[int, int, int, int]:
    """Four random words of 32 bits for a counter of four and a key of two.

    Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011), Philox4x32-10.
    """
    a, b, c, d = np.uint64(first), np.uint64(second), np.uint64(third), np.uint64(fourth)
    key_a, key_b = np.uint64(key[0]), np.uint64(key[1])
    for _ in range(10):
        left, right = MULTIPLIER_A * a, MULTIPLIER_B * c
        a, b, c, d = (right >> HALF) ^ b ^ key_a, right & LOW, (left >> HALF) ^ d ^ key_b, left & LOW
        key_a, key_b = (key_a + STEP_A) & LOW, (key_b + STEP_B) & LOW
    return np.int64(a), np.int64(b), np.int64(c), np.int64(d)  # type: ignore[return-value]


@compiled
def uniform(word: int) -> float:
    """A number strictly between 0 and 1 from a word of 32 bits."""
    return (word + 0.5) * 2.0**-32


@compiled
def gamma(shape: float, component: int, cell: int, draw: int, key: Array) -> float:
    """A gamma number of scale 1, by key; a shape of nought gives nought.

    Source: Marsaglia and Tsang, A simple method for generating gamma variables (2000), with their squeeze and their
    power of a uniform for shapes below 1.
    """
    if shape <= 0.0:
        return 0.0
    d = (shape if shape >= 1.0 else shape + 1.0) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    attempt = 0
    while True:
        a, b, u, power = philox((component << 20) + attempt, cell, draw, RATES << 20, key)
        normal = math.sqrt(-2.0 * math.log(uniform(a))) * math.cos(2.0 * math.pi * uniform(b))
        v = 1.0 + c * normal
        v = v * v * v
        square = normal * normal
        accepted = v > 0.0 and (
            uniform(u) < 1.0 - 0.0331 * square * square
            or math.log(uniform(u)) < 0.5 * square + d - d * v + d * math.log(v)
        )
        if accepted:
            return d * v if shape >= 1.0 else d * v * uniform(power) ** (1.0 / shape)
        attempt += 1
