"""Notebooks read from their files, with nothing that runs them imported."""

from __future__ import annotations

from pathlib import Path

import nbformat


class NotebookError(ValueError):
    """A notebook cannot be read, or stopped before its end."""


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """A notebook as it stands in its file.

    Raises NotebookError where the file is not one.
    """
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, AttributeError, UnicodeDecodeError):
        raise NotebookError(f"{path.name} is not a notebook. Restore it from the repository.") from None
    return notebook
