"""Nothing that leaves the suite says who a child is: every byte of pages, pictures, manifests, messages and errors."""

from __future__ import annotations

import base64
import html
import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, a_header, an_episode, write_returns, write_table
from publish.projects import PARAMETERS, a_code_cell, a_notebook, make_project, prose
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.forecasts import KEPT
from cip_analysis.publish.pack import PackError, PackRequest, render_pack

CHILDREN = [f"KX{number}QZ" for number in range(71_031, 71_111)]
UPN, HOME, PLACED, OWNER = "V9137042286", "QX7 9ZJ", "WY6 8VK", "Canaryowner"
BIRTHS = {child: date(2006, 1, 7) + timedelta(days=11 * place) for place, child in enumerate(CHILDREN)}
PACK = """name = "canaries"
title = "Canaries"
meeting = "None"
run = "config/runs/autumn-2018.toml"
notebooks = ["01_returns", "04_demand_forecast", "05_placement_mix"]
"""


def birth(child: str) -> str:
    return f"{BIRTHS[child]:%d/%m/%Y}"


def secrets() -> list[str]:
    """Every spelling of everything that says who one of these children is."""
    days = [f"{day:{style}}" for day in BIRTHS.values() for style in ("%d/%m/%Y", "%Y-%m-%d", "%d %B %Y", "%Y%m%d")]
    places = [HOME, PLACED, HOME.replace(" ", ""), PLACED.replace(" ", "")]
    return [*CHILDREN, *(child.strip("KXQZ") for child in CHILDREN), *days, *places, UPN, OWNER]


def leaks(raw: bytes) -> list[str]:
    """The secrets in some bytes, as they stand or under a page's escapes, and in the pictures inside them."""
    text = raw.decode("utf-8", errors="replace")
    pictures = [base64.b64decode(found) for found in re.findall(r"base64,([A-Za-z0-9+/=]+)", text)]
    words = re.sub(r"base64,[A-Za-z0-9+/=]+|[0-9a-f]{64}", "", html.unescape(text)).casefold()
    words = re.sub(r"\d*\.\d{6,}(e[+-]?\d+)?", "", words)  # a long fraction holds any eight figures, by chance
    found = [secret for secret in secrets() if secret.casefold() in words]
    return found + [
        secret for picture in pictures for secret in [*CHILDREN, UPN, HOME, OWNER] if secret.encode() in picture
    ]


def unpacked(path: Path) -> bytes:
    """What a kept result holds, with nothing left compressed."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv().encode()
    with np.load(path, allow_pickle=False) as held:
        return b"".join(str(held[name]).encode() if held[name].ndim == 0 else b"" for name in held.files)


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Eighty children with secrets, some of their lines damaged in ways that a message would like to quote."""
    faults = [{}, {"DEC": "31/12/2015", "REC": "E11"}, {"LS": "ZZ"}, {"DECOM": "someday"}, {"PLACE": "U9"}]
    begun = [f"{date(2016, 4, 3) + timedelta(days=29 * (place % 13)):%d/%m/%Y}" for place in range(len(CHILDREN))]
    lines = [
        an_episode(CHILD=child, HOME_POST=HOME, PL_POST=PLACED, URN="SC771177", DECOM=begun[place])
        | faults[place % 5 if place < 40 else 0]
        for place, child in enumerate(CHILDREN)
    ]
    heads = [
        a_header(CHILD=child, DOB=birth(child), UPN=f"{UPN}{place:02d}", ETHNIC="WBRI" if place % 7 else HOME)
        for place, child in enumerate(CHILDREN)
    ]
    folder = write_returns(tmp_path / "returns", lines, [*heads, heads[3] | {"DOB": birth(CHILDREN[9])}])
    with (folder / "header_2017.csv").open("a", encoding="utf-8") as opened:
        opened.write(f"{CHILDREN[5]},1,{birth(CHILDREN[5])}\n{birth(CHILDREN[6])},{CHILDREN[6]}\n")
    paid = {"period_start": "01/06/2016", "period_end": "31/03/2017", "placement_type": "in-house foster"}
    rows = [
        paid | {"child_id": child, "provider_name": OWNER, "amount": "9000", CHILDREN[0]: "1"} for child in CHILDREN
    ]
    rows[4] |= {"period_start": birth(CHILDREN[4]), "amount": CHILDREN[4]}
    write_table(tmp_path, "payments.csv", [*rows, rows[7], rows[8] | {"child_id": "nobody"}])
    return tmp_path


def test_the_search_finds_a_secret_in_a_page_and_in_a_picture():
    inside = base64.b64encode(b"\x89PNG tEXt " + CHILDREN[2].encode()).decode()
    assert leaks(f"<p>{birth(CHILDREN[1])}&#32;{HOME.replace(' ', '&#32;')}".encode()) != []
    assert leaks(f"0.1{BIRTHS[CHILDREN[3]]:%Y%m%d}7 {BIRTHS[CHILDREN[4]]:%Y%m%d}.0".encode()) == ["20060220"]
    assert leaks(f'<img src="data:image/png;base64,{inside}">'.encode()) == [CHILDREN[2]]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_check_says_nothing_of_who(county, form):
    result = CliRunner().invoke(
        app, ["check", str(county / "returns"), "--finance", str(county / "payments.csv"), *form]
    )
    assert result.exit_code == 0
    assert "columns not read" in result.output
    assert leaks(result.output.encode()) == []


@pytest.mark.parametrize("name", ["episodes_2017.csv", "header_2017.csv"])
def test_a_table_sent_without_its_header_is_not_taken_for_column_names(county, name):
    file = county / "returns" / name
    file.write_text(file.read_text(encoding="utf-8").split("\n", 1)[1], encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(county / "returns")])
    assert "match no table" in result.output
    assert leaks(result.output.encode()) == []


def test_a_pack_of_a_real_notebook_says_nothing_of_who_in_any_byte(county):
    (county / "canaries.toml").write_text(PACK, encoding="utf-8")
    told: list[str] = []
    asked = (f"returns={county / 'returns'}", f"payments={county / 'payments.csv'}")
    request = PackRequest(county / "canaries.toml", ROOT, county / "packs", overrides=asked)
    before = {path.name for path in (ROOT / KEPT).glob("*")}
    folder = render_pack(request, lambda _done, what: told.append(what))
    pages = {path.name: leaks(path.read_bytes()) for path in folder.iterdir()}
    assert sorted(pages) == [
        "01_returns.html", "04_demand_forecast.html", "05_placement_mix.html", "index.html", "manifest.json",
    ]  # fmt: skip
    assert not any(pages.values())
    kept = [path for path in (ROOT / KEPT).glob("*") if path.name not in before]
    digits = {child.strip("KXQZ") for child in CHILDREN}  # five figures in a row may come by chance in a statistic
    found = {path.name: set(leaks(path.name.encode() + unpacked(path))) - digits for path in kept}
    assert kept and not any(found.values()), found
    assert leaks(" ".join(told).encode()) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (f"{{}}['{CHILDREN[0]}']", "KeyError: …"),
        (f"raise ValueError('no stay of {CHILDREN[1]} born {birth(CHILDREN[1])}')", "ValueError: no stay of … born …"),
        (f"from datetime import date; date.fromisoformat('{birth(CHILDREN[2])}')", "Invalid isoformat string: …"),
        (f"raise LookupError('{HOME}, {UPN}A or “{OWNER}”')", "LookupError: … …, … or …"),
    ],
)
def test_a_notebook_that_stops_does_not_quote_what_it_stopped_on(tmp_path, source, said):
    project = make_project(tmp_path)
    notebook = a_notebook()
    notebook.cells = [prose("# Who?\n\nWho?"), a_code_cell(PARAMETERS, "parameters"), a_code_cell(source)]
    for name in ("01_first", "02_second"):
        project.write(name, notebook)
    with pytest.raises(PackError) as failure:
        project.render()
    assert said in str(failure.value)
    assert leaks(str(failure.value).encode()) == []
    assert not (tmp_path / "reports" / "small").exists()
