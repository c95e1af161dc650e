"""Every reader given inputs spoiled at random: nothing comes of them but the errors it documents, and no child named.

`benchmarks/fuzz_readers.py` tries a hundred thousand of each; what it ever found is tried again here, by its seed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from fuzzing import CANARY, TARGETS, fault_of, faults_of, spoiled
from fuzzing_rows import fault_of_rows

FRESH = {"csv": 60, "xml": 60, "excel": 60, "payments": 60}
FOUND = {
    "excel": (8, 12, 16),  # a part that is no XML, which another library tells in an error of its own
    "published": (4, 5, 15, 1560, 3267),  # a year or a day that is none; no column of figures
    "authorities": (4, 5, 118),
    "delivered": (26565, 28732, 30989),  # the same
    "capacity": (21058, 45073, 72032),  # a column of the file's own written twice
}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_nothing_comes_of_a_spoiled_input_but_documented_errors(name, tmp_path):
    seeds = (*FOUND.get(name, ()), *range(10_000, 10_000 + FRESH.get(name, 300)))
    faults = {seed: fault for seed in seeds if (fault := fault_of(TARGETS[name], seed, tmp_path))}
    assert faults == {}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_good_input_is_read(name, tmp_path):
    target = TARGETS[name]
    for file, raw in target.good().items():
        (tmp_path / file).write_bytes(raw)
    for file in target.good():
        target.read(tmp_path / file)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_same_seed_spoils_alike_and_most_seeds_spoil(name):
    target = TARGETS[name]
    assert spoiled(target, 1) == spoiled(target, 1)
    changed = sum(spoiled(target, seed)[0] != dict(target.good()) for seed in range(50))
    assert changed > 40


def test_children_are_in_the_good_files_that_hold_any():
    for name in ("csv", "xml", "payments", "delivered"):
        assert any(CANARY.encode() in raw for raw in TARGETS[name].good().values()), name


@pytest.mark.parametrize("seed", range(10_000, 10_008))
def test_nothing_comes_of_spoiled_rows_of_a_database_but_documented_errors(seed, tmp_path):
    assert fault_of_rows(seed, tmp_path) == ""


def test_of_inputs_read_together_the_one_with_a_fault_is_named(tmp_path):
    marked = spoiled(TARGETS["payments"], 7)[0]["payments.csv"]

    def read(path):
        if any(file.read_bytes() == marked for file in path.parent.rglob("*.csv")):
            raise KeyError

    target = replace(TARGETS["payments"], read=read)
    assert faults_of(target, range(10), tmp_path) == {7: "KeyError at test_fuzz.py"}
    assert faults_of(target, range(8, 18), tmp_path) == {}
