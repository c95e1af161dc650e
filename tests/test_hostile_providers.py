"""Providers with hostile names, through the market's page in a real pack: named to nobody in public, run by nothing."""

from __future__ import annotations

import csv
import html
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from builders import ROOT

from cip_analysis.publish.pack import PackRequest, render_pack

COUNTY = ROOT / "data" / "synthetic" / "leicestershire"
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.invalid","click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '"><img src=x onerror=alert(1)>',
    "Homes & Co; Ltd, the 'Old' \"Rectory\"",
    "\u202eevoba daer\u202c",
    "-2+3",
    "A" * 240,
    "Ångström Öl {braces} %s \\n",
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not COUNTY.exists(), reason="the invented county is not made: make data"),
]


def renamed(folder: Path) -> Path:
    """The county's payments, the providers paid most called by hostile names."""
    paid = pd.read_csv(COUNTY / "payments.csv", dtype=str, keep_default_na=False)
    # numbers as written; what is no number counts for nothing in the ranking
    amounts = pd.to_numeric(paid["amount"].str.replace("[£,]", "", regex=True), errors="coerce").fillna(0)
    own = paid["provider_name"].str.contains("Council|foster carers|own", case=False)
    most = amounts[~own].groupby(paid["provider_name"]).sum().nlargest(len(HOSTILE)).index
    called = dict(zip(most, HOSTILE, strict=True))
    path = folder / "payments.csv"
    paid.assign(provider_name=paid["provider_name"].replace(called)).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> dict[str, Path]:
    """The market's page alone, for each audience."""
    folder = tmp_path_factory.mktemp("hostile")
    pack = folder / "market.toml"
    pack.write_text(
        'name = "market"\ntitle = "The market"\nmeeting = "None"\nrun = "config/runs/autumn-2018.toml"\n'
        f'notebooks = ["11_market"]\n[parameters]\npayments = "{renamed(folder)}"\n',
        encoding="utf-8",
    )
    made = {}
    for audience in ("public", "exempt"):
        request = PackRequest(pack, ROOT, folder / "packs", audience=audience, reads_ahead="cip_analysis.run")
        made[audience] = render_pack(request, lambda _done, _what: None)
    return made


def words_of(pack: Path) -> str:
    """Every word of the pack's pages and comma-separated files; a picture's letters are no words."""
    texts = [path.read_text(encoding="utf-8") for path in [*pack.rglob("*.html"), *pack.rglob("*.csv")]]
    return re.sub(r"data:[a-z/+-]+;base64,[A-Za-z0-9+/=]+", "", "\n".join(texts))


def test_no_provider_is_named_in_a_public_pack(packs):
    said = words_of(packs["public"])
    assert not [name for name in HOSTILE if name in said or html.escape(name) in said]


def test_an_exempt_pack_shows_hostile_names_as_words(packs):
    page = (packs["exempt"] / "11_market.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(page, "lxml")
    assert not soup.find_all("script")
    assert not soup.find_all(onerror=True)
    assert all(str(image.get("src", "")).startswith("data:") for image in soup.find_all("img"))
    shown = soup.get_text(" ")
    assert sum(name in shown for name in HOSTILE if name.isprintable()) >= 3


def test_no_cell_of_an_exempt_pack_is_a_formula(packs):
    for path in (packs["exempt"] / "data").glob("11_market*.csv"):
        with path.open(encoding="utf-8", newline="") as sheet:
            cells = [cell for row in csv.reader(sheet) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))], path.name
    book = openpyxl.load_workbook(packs["exempt"] / "tables.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
