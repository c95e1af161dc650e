"""A notebook's parameters are read from its own cell, and nothing unknown or wrongly typed gets past."""

from __future__ import annotations

import nbformat
import pytest
from publish.projects import PARAMETERS, a_code_cell, a_notebook

from cip_analysis.publish.parameters import (
    Parameter,
    ParameterError,
    choose_values,
    read_overrides,
    read_parameters,
    value_of,
)


def notebook_with(source: str, times: int = 1) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[a_code_cell(source + "\n" * place, "parameters") for place in range(times)])


def declared(source: str = PARAMETERS) -> dict[str, Parameter]:
    return read_parameters(notebook_with(source), "a.ipynb")


def test_the_cell_is_read_with_its_kinds_and_its_own_values():
    read = read_parameters(a_notebook(), "a.ipynb")
    assert {name: (one.kind, one.default) for name, one in read.items()} == {
        "run": ("str", "config/runs/small.toml"), "audience": ("str", "public"), "share": ("float", 0.5),
        "years": ("int", 3), "shown": ("bool", True), "returns": ("str", ""),
    }  # fmt: skip


def test_a_number_below_nought_and_a_whole_number_for_a_number_are_plain_values():
    assert [one.default for one in declared("a: int = -3\nb: float = 2").values()] == [-3, 2]


@pytest.mark.parametrize("times", [0, 2])
def test_a_notebook_without_exactly_one_parameters_cell_is_refused(times):
    with pytest.raises(ParameterError, match=f"{times} code cells are tagged"):
        read_parameters(notebook_with(PARAMETERS, times), "a.ipynb")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("run = 'x'", "line 1 .* is not `name: kind = value`"),
        ("run: str", "is not `name: kind = value`"),
        ("a: int = 1\nprint(a)", "line 2 .* is not"),
        ("day: date = '2018'", "day is date; papermill carries only str, int, float, bool"),
        ("day: int | None = 1", r"day is int \| None"),
        ("a: tuple = (1, 2)", "a is tuple"),
        ("a: int = 1.0", "a is declared int but set to 1.0"),
        ("a: int = True", "a is declared int but set to True"),
        ("a: str = 7", "a is declared str but set to 7"),
        ("a: bool = 1", "a is declared bool but set to 1"),
        ("a: str = open('x').read()", "a is not set to a plain value"),
        ("a: int = 1\na: int = 2", "sets a twice"),
        ("a: int = ", "line 1 of the parameters cell is not Python"),
    ],
)
def test_a_cell_that_cannot_be_trusted_is_refused_with_its_line(source, fault):
    with pytest.raises(ParameterError, match=fault):
        declared(source)


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [("str", "007", "007"), ("str", "yes", "yes"), ("str", "", ""), ("int", "7", 7), ("int", "-7", -7),
     ("int", 7, 7), ("float", "0.5", 0.5), ("float", "3", 3.0), ("float", 3, 3.0), ("bool", "true", True),
     ("bool", "False", False), ("bool", True, True)],
)  # fmt: skip
def test_a_value_is_read_as_its_parameters_kind(kind, given, value):
    read = value_of(Parameter("a", kind, value), given)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "given"),
    [("int", "007"), ("int", "7.0"), ("int", "1_000"), ("int", ""), ("int", 7.0), ("int", True), ("int", "seven"),
     ("float", "nan"), ("float", "inf"), ("float", "1_0"), ("float", True), ("bool", "yes"), ("bool", "1"),
     ("bool", 1), ("str", 7), ("str", True)],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused_and_never_guessed_at(kind, given):
    with pytest.raises(ParameterError, match="a wants"):
        value_of(Parameter("a", kind, ""), given)


def test_overrides_are_split_at_the_first_equals_sign_only():
    assert read_overrides(["a=1", "b = x=y "]) == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize("pairs", [["a"], ["=1"], ["a=1", "a=2"]])
def test_an_override_without_name_or_value_or_given_twice_is_refused(pairs):
    with pytest.raises(ParameterError, match="--set"):
        read_overrides(pairs)


def test_each_notebook_gets_only_what_it_declares():
    both = {"one": declared("run: str = 'x'\nshare: float = 0.5"), "two": declared("years: int = 3")}
    values = choose_values(both, {"run": "y", "audience": "public"}, {"years": "4"})
    assert values == {"one": {"run": "y", "share": 0.5}, "two": {"years": 4}}


def test_a_name_no_notebook_declares_is_refused_with_the_names_they_have():
    with pytest.raises(ParameterError, match=r"no parameter|parameter yeers\. They have: share, years") as refusal:
        choose_values({"one": declared("share: float = 0.5\nyears: int = 3")}, {}, {"yeers": "4"})
    assert "share, years" in str(refusal.value)
