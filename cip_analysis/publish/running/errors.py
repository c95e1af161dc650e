"""What an error tells: where it stopped, why and what to do, and never who.

A pack's runner says it in a line. In JupyterLab this module is an IPython extension, loaded by the kernel that
`make lab` starts (`%load_ext cip_analysis.publish.running.errors` anywhere else), which shows a cell's error in two to
five plain lines. An error's kind stays as it was, and so does what an error of this package says; `%tb` shows it all.
"""

from __future__ import annotations

import linecache
import re
import sys
import textwrap
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

PACKAGE = Path(__file__).parents[2]
LONGEST_MESSAGE = 600
LONGEST_LINE = 80
WIDTH = 100
HIDDEN = re.compile(r"\b(?:\d{5,}|[A-Z]\d{11}[\dA-Z]|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b", re.IGNORECASE)
QUOTED = re.compile(r"""'[^']*'|"[^"]*"|“[^”]*”""")
WORD_WITH_DIGIT = re.compile(r"[^\s()\[\]{},;:]*\d[^\s()\[\]{},;]*")
FILE = re.compile(r" \((?:/|[A-Z]:\\)[^)]*\)")
OWN_ERROR = re.compile(r"^class (\w+Error)\(", re.MULTILINE)
SPEAK_OF_CODE = frozenset(
    {"NameError", "UnboundLocalError", "ModuleNotFoundError", "ImportError", "SyntaxError", "IndentationError"}
)
MEND = "Do as it says, then run the cell again."
OWN_FAULT = "Run the cells above this one first, in order; if it stops again, the code of this cell is at fault."
FAULT = (
    "This is a fault in the code, or a file it did not foresee. `%tb` shows all of it; that may name children, so "
    "clear it before the notebook is saved or sent."
)


def last_line(message: str, kind: str) -> str:
    """The last line of an error, short, with whatever could say who a child is struck out.

    Errors of this package count rows and name none, and Python's of names speak of code. Any other may quote a value of
    a record, as a KeyError does, so what it quotes and every word with a digit go.
    """
    lines = [line.strip() for line in str(message).splitlines() if line.strip()] or ["it gave no reason"]
    return _struck_out(lines[-1], kind in SPEAK_OF_CODE or kind in own_errors())


@cache
def own_errors() -> frozenset[str]:
    """The names of this package's own errors, from its source: a notebook may raise one that is not imported here."""
    sources = PACKAGE.rglob("*.py")
    return frozenset(name for path in sources for name in OWN_ERROR.findall(path.read_text(encoding="utf-8")))


def say_error(error: Exception, cell: dict[str, object] | None = None) -> list[str]:
    """An error in plain lines: what kind and why, the line of the cell it stopped at, what to do.

    An error that is not this package's own also says through which of its functions it came and where it arose. cell:
    the namespace in which cells run, by which their frames are known; None where there are no cells.
    """
    kind = type(error)
    own = kind.__module__.partition(".")[0] == PACKAGE.name
    frames = list(_frames(error.__traceback__))
    lines = [f"{kind.__name__}: {_reason(error)}"]
    lines += [f"  {_at_line(one)}" for one in frames if one.tb_frame.f_globals is cell][-1:]
    if own:
        return [*lines, MEND]
    if any(one.tb_frame.f_globals is cell for one in frames[-1:]):
        return [*lines, OWN_FAULT]
    places = [_place(one) for one in frames]
    ours = [place for place in places if place.startswith(PACKAGE.name)]
    return [*lines, *(f"  {place}" for place in dict.fromkeys([*ours[-1:], *places[-1:]])), FAULT]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Show errors short in this shell, from the next cell on."""
    shell.set_custom_exc((Exception,), _show)  # type: ignore[no-untyped-call]


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Show errors as IPython does."""
    shell.set_custom_exc((), None)  # type: ignore[no-untyped-call]


def _show(
    shell: InteractiveShell,
    kind: type[Exception],
    error: Exception,
    trace: TracebackType,
    **_tb_offset: object,
) -> list[str]:
    """One error shown short; a slip of spelling, or in a magic, as IPython shows it, which is short already."""
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
    if isinstance(error, SyntaxError | UsageError):
        shell.showtraceback((kind, error, trace))
        return []
    lines = say_error(error.with_traceback(trace), shell.user_ns)
    shell._showtraceback(kind, _reason(error), ["\n".join(map(_wrapped, lines))])
    return lines


def _wrapped(line: str) -> str:
    """A line broken between words; JupyterLab would break it within one."""
    return textwrap.fill(line, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _reason(error: Exception) -> str:
    """What an error says: all of it where it is this package's own, its last line where it is another's."""
    kind = type(error)
    if kind.__module__.partition(".")[0] == PACKAGE.name:
        return HIDDEN.sub("…", str(error).strip()) or "it gave no reason"
    return last_line(str(error), kind.__name__)


def _struck_out(line: str, trusted: bool) -> str:
    if not trusted:
        line = WORD_WITH_DIGIT.sub("…", QUOTED.sub("…", line))
    return HIDDEN.sub("…", FILE.sub("", line))[:LONGEST_MESSAGE]


def _frames(trace: TracebackType | None) -> list[TracebackType]:
    """Each step of a traceback, outermost first."""
    steps = []
    while trace is not None:
        steps.append(trace)
        trace = trace.tb_next
    return steps


def _at_line(step: TracebackType) -> str:
    """Which line of the cell, and what it says."""
    said = linecache.getline(step.tb_frame.f_code.co_filename, step.tb_lineno).strip()
    short = said if len(said) <= LONGEST_LINE else f"{said[:LONGEST_LINE]}…"
    return f"at line {step.tb_lineno} of the cell: {short}"


def _place(step: TracebackType) -> str:
    """A step's file from its package on, its line and its function: no path of this machine."""
    parts = Path(step.tb_frame.f_code.co_filename).parts
    folders = [place for place, part in enumerate(parts) if part in (PACKAGE.name, "site-packages")]
    kept = parts[folders[-1] + (parts[folders[-1]] == "site-packages") :] if folders else parts[-1:]
    return f"{'/'.join(kept)}, line {step.tb_lineno}, in {step.tb_frame.f_code.co_name}"
