"""A pack's folder: one pack at a time made for it, and a finished one put in the place of the last good one at once."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cip_analysis.publish import provenance
from cip_analysis.publish.plan import PackError, PlaceTakenError
from cip_analysis.publish.running.holds import held

AT_THE_CURRENT_FOLDER = -100
SWAP = 2
"""Linux's renameat2: paths as they stand, and the two exchanged."""


@contextmanager
def place_for(folder: Path) -> Iterator[None]:
    """Room for a pack at `folder`, and no other process making one there while this lasts.

    What a killed run left behind is put right. Raises PackError where the place is no pack's, or another pack is being
    made for it; OSError where nothing can be written there.
    """
    if folder.exists() and not folder.is_dir():
        raise PackError(f"{folder.name} is a file. Choose another folder with --to.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / provenance.MANIFEST).is_file():
        raise PackError(f"The folder {folder.name} holds something other than a pack. Choose another with --to.")
    hold = folder.with_name(f".{folder.name}.hold")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with held(hold) as free:
            if not free:
                raise PlaceTakenError(
                    f"Another pack is being made for {folder.name} just now. Wait for it to end, or choose another "
                    "folder with --to."
                )
            _put_right(folder)
            yield
    except OSError as error:
        raise PackError(_why(error, folder)) from None


def _why(error: OSError, folder: Path) -> str:
    """Why nothing could be written, and what to do."""
    stands = f"The last good pack in {folder.name} is untouched." if folder.exists() else "No pack was written."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full, so the pack was not written. Make room, and render again.\n{stands}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"Nothing can be written beside {folder.name}: the folder {folder.parent.name} may be read, not written. "
            f"Ask for the right to write there, or choose another with --to.\n{stands}"
        )
    reason = (error.strerror or type(error).__name__).lower()
    return f"The pack could not be written: {reason}. Check the path, and who may use it.\n{stands}"


def promote(made: Path, folder: Path) -> None:
    """The finished folder put in the place of the last good one, in one step where the system can.

    Elsewhere the last good one is set aside for a moment, and put back should that fail. Raises PackError.
    """
    if folder.exists() and _swap(made, folder):
        return
    aside = _aside(folder)
    try:
        if folder.exists():
            folder.rename(aside)
        made.rename(folder)
    except OSError as error:
        if aside.exists() and not folder.exists():
            aside.rename(folder)
        raise PackError(
            f"The finished pack could not take the place of {folder.name}: {error.strerror}. "
            "Close whatever has its pages open, and render again. The last good pack is untouched."
        ) from None
    shutil.rmtree(aside, ignore_errors=True)


def _swap(made: Path, folder: Path) -> bool:
    """Whether the two could be exchanged at once, so that no moment is without a whole pack."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    here = AT_THE_CURRENT_FOLDER
    return bool(rename(here, os.fsencode(made), here, os.fsencode(folder), SWAP) == 0)


def _put_right(folder: Path) -> None:
    """What a killed run left: a pack set aside put back, half-made folders removed."""
    aside = _aside(folder)
    if aside.exists() and not folder.exists():
        aside.rename(folder)
    for left in (aside, *folder.parent.glob(f".{folder.name}.making-*")):
        shutil.rmtree(left, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.aside")
