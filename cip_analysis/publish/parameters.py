"""A notebook's parameters, read from its own cell and checked before anything runs.

papermill checks nothing: an unknown name is a line in a log, and a wrongly typed value gives wrong figures and exit 0.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

Value = str | int | float | bool
KINDS: Mapping[str, type[Value]] = {"str": str, "int": int, "float": float, "bool": bool}
KIND_WORDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}
WHOLE = re.compile(r"[+-]?(0|[1-9]\d*)")
TAG = "parameters"


class ParameterError(ValueError):
    """A notebook's parameters cell cannot be trusted, or a parameter was asked for that it does not have."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of a parameters cell: its name, its kind (a key of KINDS) and the value it has unless told."""

    name: str
    kind: str
    default: Value


def read_parameters(notebook: nbformat.NotebookNode, name: str) -> dict[str, Parameter]:
    """The parameters a notebook declares, from its one cell tagged `parameters`.

    Each line is a name, an annotation (str, int, float or bool) and a plain value of that kind.
    Raises ParameterError where there is no such cell, or two, or a line is anything else.
    """
    cells = [cell for cell in notebook.cells if TAG in cell.get("metadata", {}).get("tags", [])]
    if len(cells) != 1 or cells[0].cell_type != "code":
        raise ParameterError(
            f"{name}: {len(cells)} code cells are tagged `{TAG}`; there must be one. "
            "Without it papermill overwrites nothing and the figures are wrong in silence."
        )
    try:
        statements = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise ParameterError(f"{name}: line {error.lineno} of the parameters cell is not Python.") from None
    declared = [_declared(statement, name) for statement in statements]
    names = [parameter.name for parameter in declared]
    if repeated := sorted({one for one in names if names.count(one) > 1}):
        raise ParameterError(f"{name}: the parameters cell sets {', '.join(repeated)} twice.")
    return {parameter.name: parameter for parameter in declared}


def _declared(statement: ast.stmt, name: str) -> Parameter:
    """One line of the cell as a parameter."""
    fault = f"{name}: line {statement.lineno} of the parameters cell"
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name) or not statement.value:
        raise ParameterError(f'{fault} is not `name: kind = value`. Write for example `run: str = "config/runs/…"`.')
    kind = statement.annotation.id if isinstance(statement.annotation, ast.Name) else ""
    if kind not in KINDS:
        raise ParameterError(
            f"{fault} says {statement.target.id} is {ast.unparse(statement.annotation)}; "
            f"papermill carries only {', '.join(KINDS)}."
        )
    try:
        value = ast.literal_eval(statement.value)
    except ValueError:
        raise ParameterError(f"{fault}: {statement.target.id} is not set to a plain value.") from None
    if not _fits(value, kind):
        raise ParameterError(f"{fault}: {statement.target.id} is declared {kind} but set to {value!r}.")
    return Parameter(statement.target.id, kind, value)


def _fits(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    return isinstance(value, KINDS[kind]) or (kind == "float" and isinstance(value, int))


def read_overrides(pairs: Sequence[str]) -> dict[str, str]:
    """`name=value` as given on the command line, by name; the value is text until its parameter's kind is known.

    Raises ParameterError for a pair without `=`, without a name, or given twice.
    """
    asked: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ParameterError(f"--set {pair}: write --set name=value.")
        if name.strip() in asked:
            raise ParameterError(f"--set {name.strip()} is given twice.")
        asked[name.strip()] = value.strip()
    return asked


def choose_values(
    declared: Mapping[str, Mapping[str, Parameter]], offered: Mapping[str, Value], asked: Mapping[str, Value | str]
) -> dict[str, dict[str, Value]]:
    """Every parameter's value for each notebook: what was asked for, else what is offered to all, else its own default.

    declared: notebook -> its parameters. offered: values any notebook may take (the run, the audience).
    asked: from the pack file, typed, or from the command line, as text; each must be declared by some notebook.
    Raises ParameterError for a name nobody declares, naming those that are, or a value of the wrong kind.
    """
    known = sorted({name for parameters in declared.values() for name in parameters})
    if unknown := sorted(set(asked) - set(known)):
        raise ParameterError(
            f"No notebook of this pack has a parameter {', '.join(unknown)}. They have: {', '.join(known) or 'none'}."
        )
    given = {**offered, **asked}
    return {
        notebook: {
            name: value_of(parameter, given.get(name, parameter.default)) for name, parameter in parameters.items()
        }
        for notebook, parameters in declared.items()
    }


def value_of(parameter: Parameter, given: Value) -> Value:
    """A value as the parameter's own kind.

    Text is read strictly: whole numbers without leading noughts, `true` and `false` and nothing like them.
    A whole number serves where a number is wanted; nothing else is turned into anything.
    Raises ParameterError saying what was wanted.

    >>> value_of(Parameter("code", "str", ""), "007"), value_of(Parameter("share", "float", 0.5), 1)
    ('007', 1.0)
    """
    kind = parameter.kind
    if isinstance(given, str) and kind != "str":
        read = _read_text(given, kind)
    else:
        read = float(given) if kind == "float" and type(given) is int else given
    if read is None or not _fits(read, kind):
        raise ParameterError(f"{parameter.name} wants {KIND_WORDS[kind]}, not {given!r}.")
    return read


def _read_text(text: str, kind: str) -> Value | None:
    """Text from the command line as a value of a kind, or nothing where it is not one."""
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower())
    if kind == "int":
        return int(text) if WHOLE.fullmatch(text) else None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def as_told(value: Value) -> Value:
    """A value as it may be written down: of a path outside the project, only its last part.

    >>> as_told("/a/place/of/mine/returns"), as_told("../returns"), as_told("data/returns"), as_told(3)
    ('returns', 'returns', 'data/returns', 3)
    """
    outside = isinstance(value, str) and (Path(value).is_absolute() or ".." in Path(value).parts)
    return Path(str(value)).name if outside else value
