"""How the simulation's functions are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

SETTINGS_OF_COMPILER: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def compiled(function: Function) -> Function:
    """The function compiled at its first call into whatever calls it, and kept on disk.

    No interpreter's lock is held, and no references to arrays are counted (`_nrt`), on which two thirds of the
    time went. Such functions may not make arrays, only fill those they are given.
    """
    return cast(Function, numba.njit(forceinline=True, **SETTINGS_OF_COMPILER)(function))


def compiled_apart(function: Function) -> Function:
    """The same, but called and not copied into its callers: for the few called once a draw, to compile them once."""
    return cast(Function, numba.njit(**SETTINGS_OF_COMPILER)(function))
