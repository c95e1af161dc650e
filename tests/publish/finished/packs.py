"""Builders: a finished pack's files from released tables, as a reader has them, and ways to tamper with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd

from cip_analysis.publish.disclosure import About
from cip_analysis.publish.page import Cover, PageContext, render_page
from cip_analysis.publish.products.comma_files import write_comma_files
from cip_analysis.publish.products.every import products_under_way
from cip_analysis.publish.products.exhibits import Exhibit, read_exhibits
from cip_analysis.publish.tables import table
from cip_analysis.records import Released
from cip_analysis.settings import Disclosure

PUBLIC, EXACT = Disclosure(), Disclosure(rounding_base=1)
ABOUT = About("invented returns", date(2018, 3, 31), synthetic=True)
EXACTLY = About("invented returns", date(2018, 3, 31), synthetic=True, rule=EXACT)
COVER = Cover(
    "A small pack", "Smallshire", "Cabinet, one day", "draft", "public", date(2018, 3, 31), True, "0123abc", "version 1"
)
ALL = "All settings"


def a_page(shown: Sequence[Released], title: str = "Where they live") -> nbformat.NotebookNode:
    """An executed notebook that shows some tables."""
    cells = [nbformat.v4.new_markdown_cell(f"# {title}\n\nWhere do they live?", id="m0")]
    for number, released in enumerate(shown, 1):
        bundle, marks = table(released, f"Children by setting, table {number}")._repr_mimebundle_()
        output = nbformat.v4.new_output("display_data", data=bundle, metadata=marks)
        cells.append(nbformat.v4.new_code_cell("table(stock, 'Children')", outputs=[output], id=f"c{number}"))
    return nbformat.v4.new_notebook(cells=cells)


def write_pack(folder: Path, pages: dict[str, Sequence[Released]], *, whole: bool = False) -> tuple[Exhibit, ...]:
    """The finished files of a pack whose pages show some tables; its exhibits.

    whole: workbook, Word document and PDF too, and not pages and comma-separated files alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    notebooks = {name: a_page(shown, name.replace("_", " ")) for name, shown in pages.items()}
    exhibits = tuple(one for name, notebook in notebooks.items() for one in read_exhibits(name, notebook))
    html = {f"{name}.html": render_page(notebook, PageContext(COVER)) for name, notebook in notebooks.items()}
    for name, page in html.items():
        (folder / name).write_text(page, encoding="utf-8", newline="\n")
    if whole:
        front = next(iter(html.values()))
        with products_under_way({"index.html": front, **html}, exhibits, COVER, folder) as finish:
            assert finish() == ()
    else:
        write_comma_files(exhibits, {}, folder)
    return exhibits


def as_shown(shown: pd.DataFrame, hidden: Sequence[tuple[int, str]] = (), rule: str = "as told") -> Released:
    """A table let out by hand, with just these cells withheld (row, column), whatever that gives away."""
    whole = dict.fromkeys(shown.select_dtypes("int64"), "Int64")
    shown, flags = shown.astype(whole), pd.DataFrame(False, index=shown.index, columns=shown.columns)
    for row, column in hidden:
        flags.loc[row, column] = True
    return Released(shown.mask(flags), flags, rule, "invented returns", date(2018, 3, 31), synthetic=True)


def a_county(seed: int = 1, rows: int = 5, years: int = 4, mean: float = 14.0) -> pd.DataFrame:
    """Counts by setting and year with every total, in long form: many small and some nought, as in a small county."""
    chance = np.random.default_rng(seed)
    inner = chance.poisson(chance.gamma(0.5, mean, (rows, years)))
    whole = np.vstack([inner, inner.sum(axis=0)])
    settings = [*[f"setting {number}" for number in range(rows)], ALL]
    return pd.DataFrame(
        [
            (2015 + year, setting, int(whole[row, year]))
            for row, setting in enumerate(settings)
            for year in range(years)
        ],
        columns=["year", "setting", "children"],
    )
