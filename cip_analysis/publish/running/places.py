"""A pack's folder: room made for it, and a finished pack put in the place of the last good one."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from cip_analysis.publish import provenance
from cip_analysis.publish.plan import PackError

LEFT_BEHIND_SECONDS = 24 * 3600


def make_room(folder: Path) -> None:
    """The folder of packs made, a place that is no pack's refused, and what a killed run left behind put right."""
    if folder.exists() and not folder.is_dir():
        raise PackError(f"{folder.name} is a file. Choose another folder with --to.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / provenance.MANIFEST).is_file():
        raise PackError(f"The folder {folder.name} holds something other than a pack. Choose another with --to.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(folder)
    if aside.exists() and not folder.exists():
        aside.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)
    for left in folder.parent.glob(f".{folder.name}.making-*"):
        if time.time() - left.stat().st_mtime > LEFT_BEHIND_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def promote(made: Path, folder: Path) -> None:
    """The finished folder put in the place of the last good one, which is put back should that fail."""
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


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.aside")
