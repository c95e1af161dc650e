"""Tables as markdown, and their place in docs/accuracy.md: each measurement keeps the part between its own markers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "accuracy.md"


def as_markdown(table: pd.DataFrame) -> str:
    """A table in markdown, every value as it is written out, without its index."""
    lines = [" | ".join(map(str, table.columns)), " | ".join("---" for _ in table.columns)]
    lines += [" | ".join(map(str, row)) for row in table.to_numpy(dtype=object)]
    return "\n".join(f"| {line} |" for line in lines)


def tell(text: str, part: str, write: bool) -> None:
    """The text into its part of the document, between the markers of that name, or printed."""
    if not write:
        print(text)
        return
    start, end = f"<!-- {part}:start -->", f"<!-- {part}:end -->"
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(start)
    after = rest.split(end)[1]
    DOCUMENT.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
