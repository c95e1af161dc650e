"""Chance by key: the published test vectors, another library's own generator, and the distributions asked of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cip_analysis.demand.simulation.chance import gamma, philox, uniform
from cip_analysis.demand.simulation.plain import gamma_number, random_words

FULL = 0xFFFFFFFF
PUBLISHED = {
    "noughts": ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    "ones": ((FULL,) * 4, (FULL, FULL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    "digits of pi": (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
}


def key_of(seed: int) -> np.ndarray:
    return np.array([seed & FULL, seed >> 32], dtype="uint64")


@pytest.mark.parametrize("case", PUBLISHED)
def test_the_words_are_those_published_for_philox_of_ten_rounds(case):
    counter, key, words = PUBLISHED[case]
    assert philox(*counter, np.array(key, dtype="uint64")) == words
    assert random_words(counter, key[0] + (key[1] << 32)) == words


def test_the_compiled_words_are_the_plain_ones_for_a_thousand_random_counters():
    rng = np.random.default_rng(0)
    for row in rng.integers(0, 2**32, (1000, 6)).tolist():
        assert philox(*row[:4], np.array(row[4:], dtype="uint64")) == random_words(
            tuple(row[:4]), row[4] + (row[5] << 32)
        )


def wide_philox(counter: list[int], key: list[int], bits: int) -> list[int]:
    """The same rounds for words of either size, so that another library's 64-bit generator can judge them."""
    times, steps = {
        32: ((0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)),
        64: ((0xD2E7470EE14C6C93, 0xCA5A826395121157), (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)),
    }[bits]
    full = 2**bits - 1
    a, b, c, d = counter
    for _ in range(10):
        left, right = times[0] * a, times[1] * c
        a, b, c, d = (right >> bits) ^ b ^ key[0], right & full, (left >> bits) ^ d ^ key[1], left & full
        key = [(one + step) & full for one, step in zip(key, steps, strict=True)]
    return [a, b, c, d]


def test_the_rounds_are_those_of_numpys_generator_and_the_narrow_words_are_those_of_the_rounds():
    key, counter = [123456789, 987654321], [7, 11, 13, 17]
    numpys = np.random.Philox(counter=counter, key=np.array(key, dtype="uint64")).random_raw(4).tolist()
    assert wide_philox([8, 11, 13, 17], key, 64) == numpys  # numpy counts up before it draws
    assert wide_philox(counter, key, 32) == list(philox(*counter, np.array(key, dtype="uint64")))


def test_a_uniform_is_never_nought_nor_one():
    assert 0 < uniform(0) < uniform(FULL) < 1


@pytest.mark.parametrize("shape", [0.02, 0.4, 1.0, 3.7, 250.0])
def test_gamma_numbers_have_the_gamma_distribution(shape):
    drawn = np.array([gamma(shape, 3, 5, draw, key_of(9)) for draw in range(20_000)])
    assert stats.kstest(drawn[drawn > 1e-290], stats.gamma(shape).cdf).pvalue > 0.001
    assert abs(drawn.mean() - shape) < 4 * np.sqrt(shape / len(drawn))


def test_gamma_numbers_do_not_depend_on_one_another():
    drawn = np.array([[gamma(0.8, one, cell, 1, key_of(9)) for one in range(19)] for cell in range(2_000)])
    correlation = np.corrcoef(drawn, rowvar=False)[np.triu_indices(19, 1)]
    assert np.abs(correlation).max() < 4.5 / np.sqrt(len(drawn))


@pytest.mark.parametrize("shape", [0.0, 1e-9, 1e-4, 0.3, 1.0, 12.0])
def test_the_compiled_gamma_is_the_plain_one_and_thin_shapes_are_small_but_never_wrong(shape):
    for draw in range(200):
        number = gamma(shape, 2, 40, draw, key_of(2**33 + 1))
        np.testing.assert_allclose(number, gamma_number(shape, (2, 40, draw), 2**33 + 1), rtol=1e-11)
        assert number >= 0 and np.isfinite(number)
    assert gamma(0.0, 1, 1, 1, key_of(1)) == 0
