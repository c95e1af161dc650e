"""Builders: notebooks that show released tables without running, the pages made of them, and what stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd

from cip_analysis.publish.charts import bars, lines
from cip_analysis.publish.disclosure import About, release
from cip_analysis.publish.page import Cover, PageContext, render_page
from cip_analysis.publish.products.every import products_under_way
from cip_analysis.publish.products.exhibits import Exhibit, read_exhibits
from cip_analysis.publish.tables import Shown, exhibit, table
from cip_analysis.records import Released

COVER = Cover(
    title="A small pack",
    council="Smallshire",
    meeting="Cabinet, one day",
    status="draft",
    audience="public",
    as_at=date(2018, 3, 31),
    synthetic=True,
    run_id="run 1",
    code_version="commit 1",
)
ABOUT = About("invented returns", date(2018, 3, 31), synthetic=True)
STOCK = pd.DataFrame(
    {
        "financial_year": [2017, 2018, 2017, 2018],
        "setting": ["in-house foster", "in-house foster", "kinship", "kinship"],
        "children": [102, 118, 3, 0],
        "spend_gbp": [2_000_049.6, 2_400_000.0, 30_000.0, 0.0],
        "share_of_spend": [0.985239, 1.0, 0.014761, 0.0],
    }
)
BASES = {"spend_gbp": "children", "share_of_spend": "children"}


def released_stock() -> Released:
    """Two years and two settings; kinship in 2017 is too small to show."""
    return release(STOCK, ABOUT, counts=["children"], bases=BASES, plain=["financial_year", "setting"])


def released_months(count: int = 30) -> Released:
    """Month ends, and a number that is blank in the first: more rows than stand under a chart."""
    months = pd.date_range("2016-01-31", periods=count, freq="ME").as_unit("us")
    shown = pd.DataFrame({"month": months, "children": 5 * np.arange(100, 100 + count)})
    shown = shown.assign(children=shown["children"].astype("Float64").mask(shown.index == 0))
    return Released(shown, shown.isna() & False, "Published", "invented", date(2018, 3, 31), synthetic=True)


def an_executed_notebook(title: str, shown: Sequence[Shown], words: str = "") -> nbformat.NotebookNode:
    """A notebook as it lies after a run that showed these, its code in their place."""
    cells = [nbformat.v4.new_markdown_cell(f"# {title}\n\nWhat is there?\n\n{words}\n\n## What was found", id="begin")]
    for place, one in enumerate(shown):
        bundle, mark = one._repr_mimebundle_()
        output = nbformat.v4.new_output("display_data", bundle, metadata=mark)
        cells.append(nbformat.v4.new_code_cell(f"show({place})", outputs=[output], id=f"cell{place}"))
    return nbformat.v4.new_notebook(cells=cells)


def a_chart(released: Released, caption: str = "Children by setting") -> Shown:
    """A chart with its numbers."""
    if "month" in released.table:
        axes = lines(released, "children", title="More children each month")
    else:
        last = released.table["financial_year"].eq(2018)
        axes = bars(Released(released.table[last], released.withheld[last], released.rule, released.source,
                             released.as_at), "children", by="setting", title="Most live in foster homes")  # fmt: skip
    return exhibit(axes, released, caption=caption, alt="Bars. Most children live in foster homes, by far.")


@dataclass(frozen=True)
class SmallPack:
    """Finished pages and their exhibits."""

    pages: dict[str, str]
    exhibits: tuple[Exhibit, ...]
    cover: Cover = COVER

    def write(self, folder: Path, kept: Path | None = None, fresh: bool = False) -> tuple[str, ...]:
        folder.mkdir(parents=True)
        with products_under_way(self.pages, self.exhibits, self.cover, folder, kept, fresh) as finish:
            return finish()


def a_pack(extra: Sequence[Shown] = (), cover: Cover = COVER) -> SmallPack:
    """A front page and two pages, with a table, a chart and a long chart; links lead from page to page."""
    stock, months = released_stock(), released_months()
    link = (
        "See [where they live](02_second.html#what-was-found), [a file](data/x.csv) and [a site](https://www.gov.uk/)."
    )
    notebooks = {
        "index": an_executed_notebook(cover.title, [], link),
        "01_first": an_executed_notebook("Children in care", [table(stock, "Stock and spend"), a_chart(stock)], link),
        "02_second": an_executed_notebook("Where they live", [a_chart(months, "Children by month"), *extra]),
    }
    pages = {f"{name}.html": render_page(held, PageContext(cover)) for name, held in notebooks.items()}
    return SmallPack(pages, tuple(one for name, held in notebooks.items() for one in read_exhibits(name, held)), cover)
