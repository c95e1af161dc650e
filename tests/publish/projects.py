"""Builders: a small project in a folder of its own, with notebooks written here, and one invented table."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd

from cip_analysis.publish.disclosure import About
from cip_analysis.publish.pack import PackRequest, render_pack

PARAMETERS = '''run: str = "config/runs/small.toml"  # settings of this run
audience: str = "public"
share: float = 0.5
years: int = 3
shown: bool = True
returns: str = ""'''

IMPORTS = """from datetime import date

import pandas as pd

from cip_analysis.publish.charts import bars, lines
from cip_analysis.publish.disclosure import About, part, release
from cip_analysis.publish.tables import exhibit, say, table"""

RELEASE = """stock = pd.read_csv("data/stock.csv")
about = About("invented returns", date(2018, 3, 31), synthetic=True)
released = release(stock, about, counts=["children"], bases={"spend_gbp": "children"}, plain=["year", "setting"])"""

CHART = """exhibit(
    lines(released, "children", by="setting", title="Foster homes hold most children"), released,
    caption="Children looked after by setting",
    alt="Line chart from 2016 to 2018. In-house foster homes rise from 120 to 150; secure places are withheld.",
)"""

TABLE = 'table(part(released, where={"year": 2018}), "Children and spend by setting, 2018")'
SAY = 'say("In 2018, {children:,} children were in foster homes.", children=released.table["children"].iloc[2])'

SMALL_SETTINGS = {
    "config/councils/small.toml": """name = "Smallshire"
code = "E10000099"
la_code = "999"
region = "Nowhere"
region_code = "E12000099"
neighbours = ["998"]
neighbours_model = "2021"

[capacity]
foster_carers = 1
foster_carers_source = "invented"
""",
    "config/runs/small.toml": """title = "Small"
council = "config/councils/small.toml"
returns = "data/returns"
as_at = 2018-03-31
""",
    "config/packs/small.toml": """name = "small"
title = "A small pack"
meeting = "Cabinet, one day"
run = "config/runs/small.toml"
notebooks = ["01_first", "02_second"]
timeout_seconds = 60

[[quality]]
role = "analyst"
name = "An analyst"
signed = 2018-09-01

[[quality]]
role = "approver"
""",
    "config/assumptions.toml": "",
    "data/stock.csv": """year,setting,children,spend_gbp
2016,in-house foster,120,2400000
2017,in-house foster,133,2700000
2018,in-house foster,148,3100000
2016,secure and health,6,900000
2017,secure and health,3,600000
2018,secure and health,2,500000
2016,kinship,40,400000
2017,kinship,48,500000
2018,kinship,51,600000
""",
    "data/returns/episodes.csv": "CHILD\n1\n",
}


def a_code_cell(source: str, *tags: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}, id=f"c{zlib.crc32(source.encode()):08x}")


def prose(source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(source, id=f"m{zlib.crc32(source.encode()):08x}")


def a_notebook(title: str = "Children in care", extra: Sequence[nbformat.NotebookNode] = ()) -> nbformat.NotebookNode:
    """A notebook as this project writes them: question, parameters, steps, finding."""
    cells = [
        prose(f"# {title}\n\nHow many children are looked after, and *where* do they live?"),
        a_code_cell(PARAMETERS, "parameters"),
        a_code_cell(IMPORTS),
        prose("## Open the run\n\nOne invented table, by year and setting."),
        a_code_cell(RELEASE),
        prose("## How many children?\n\n| | What it is |\n|---|---|\n| stock | children on 31 March |"),
        a_code_cell(CHART),
        a_code_cell(TABLE),
        a_code_cell(SAY, "answer", "finding"),
        *extra,
        prose("## Caveats\n\nNone of these children is real. See [the collection](https://www.gov.uk/)."),
    ]
    return nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )


@dataclass(frozen=True)
class Project:
    """A project in a folder of its own, and how to render its pack."""

    root: Path

    def write(self, name: str, notebook: nbformat.NotebookNode) -> Path:
        path = self.root / "notebooks" / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    @property
    def request(self) -> PackRequest:
        return PackRequest(self.root / "config/packs/small.toml", self.root, self.root / "reports")

    def render(self, **changes: object) -> Path:
        return render_pack(replace(self.request, **changes), _quietly)

    @property
    def pages(self) -> dict[str, bytes]:
        folder = self.root / "reports" / "small"
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.html"))}


def _quietly(_done: int, _what: str) -> None:
    """Progress that nobody watches."""


def make_project(root: Path) -> Project:
    (root / "notebooks").mkdir()
    for name, text in SMALL_SETTINGS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    made = Project(root)
    made.write("01_first", a_notebook("Children in care"))
    made.write("02_second", a_notebook("Where they live"))
    return made


STOCK = pd.DataFrame(
    {
        "year": [2017, 2018, 2017, 2018],
        "setting": ["in-house foster", "in-house foster", "kinship", "kinship"],
        "children": [102, 118, 3, 0],
        "spend_gbp": [2_000_000.0, 2_400_000.0, 30_000.0, 0.0],
    }
)
ABOUT = About("invented returns", date(2018, 3, 31), synthetic=True)
