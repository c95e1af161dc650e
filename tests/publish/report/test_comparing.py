"""What moved between two packs is told cell by cell, the largest first, with what went in otherwise."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from cip_analysis.publish.page import Cover
from cip_analysis.publish.provenance import write_manifest
from cip_analysis.publish.report.comparing import ComparisonError, PackFacts, Table, compare, read_pack, table_from
from cip_analysis.publish.report.layout import Link
from cip_analysis.publish.report.moved import lines_of, render_changes

FACTS = {
    "seed": 7, "code": {"commit": "a" * 40}, "packages": {"pandas": "3.1"}, "parameters": {"04": {"years": 3}},
    "inputs": [{"role": "settings", "path": "config/runs/one.toml", "sha256": "1"}],
}  # fmt: skip
FORECAST = """month,setting,p50_children,p10_children,p90_children
2019-03-31,all,{mid},{low},{high}
2020-03-31,all,600,550,650
"""
STOCK = "year,children\n2017,100\n2018,{last}\n"


def a_table(text: str, name: str = "04-figure-1", caption: str = "Forecast") -> Table:
    return table_from(text, name, ("04", "Demand"), ("Figure 1", caption))


def a_pack(*tables: Table, **facts: object) -> PackFacts:
    return PackFacts("pack", {**FACTS, **facts}, tables, {})


def test_a_pack_beside_itself_has_not_moved():
    pack = a_pack(a_table(STOCK.format(last=110)))
    compared = compare(pack, pack)
    assert (compared.causes, compared.cells, compared.added, compared.gone, compared.same) == ((), (), (), (), 1)
    assert compared.why == "Nothing that went in differs."


def test_a_cell_that_moved_is_told_with_both_values_and_by_how_much():
    compared = compare(a_pack(a_table(STOCK.format(last=100))), a_pack(a_table(STOCK.format(last=125))))
    (cell,) = compared.cells
    assert (cell.row, cell.column, cell.before, cell.after) == ("2018", "Children", "100", "125")
    assert cell.share == pytest.approx(25 / 125)
    assert list(lines_of(compared, 5))[-1] == "  Figure 1, Demand: Children, 2018: 100 -> 125, up by 25.0%"


def test_the_ends_of_a_range_stand_beside_its_middle_and_not_by_themselves():
    one, other = (FORECAST.format(mid=mid, low=mid - 20, high=mid + 30) for mid in (500, 520))
    (cell,) = compare(a_pack(a_table(one)), a_pack(a_table(other))).cells
    assert cell.row == "2019-03-31, all"
    assert (cell.range_before, cell.range_after) == ("480 to 530", "500 to 550")


def test_the_largest_move_comes_first_and_one_to_or_from_withheld_last():
    before = a_table("setting,children\na,100\nb,10\nc,50\nd,[c]\n")
    after = a_table("setting,children\na,110\nb,20\nc,[c]\nd,[c]\n")
    cells = compare(a_pack(before), a_pack(after)).cells
    assert [(cell.row, cell.before, cell.after) for cell in cells] == [
        ("b", "10", "20"), ("a", "100", "110"), ("c", "50", "[c]"),
    ]  # fmt: skip
    assert cells[-1].share is None


def test_rows_named_alike_are_told_apart_by_their_order():
    before, after = a_table("setting,children\na,1\na,2\n"), a_table("setting,children\na,1\na,3\n")
    (cell,) = compare(a_pack(before), a_pack(after)).cells
    assert (cell.before, cell.after) == ("2", "3")


def test_an_exhibit_is_known_by_its_caption_though_its_number_moved():
    kept = a_table(STOCK.format(last=110), "04-figure-1", "Stock")
    new = a_table("setting,children\na,1\n", "04-figure-1", "Settings")
    compared = compare(a_pack(kept), a_pack(new, replace(kept, name="04-figure-2", called="Figure 2")))
    assert compared.cells == ()
    assert [table.caption for table in compared.added] == ["Settings"]
    assert compared.gone == ()
    assert [table.caption for table in compare(a_pack(kept), a_pack()).gone] == ["Stock"]


@pytest.mark.parametrize(
    ("facts", "kind", "told"),
    [
        ({"seed": 8}, "run", ("Seed", "7", "8")),
        ({"code": {"commit": "b" * 40}}, "code", ("Commit", "a" * 10, "b" * 10)),
        ({"packages": {"pandas": "3.2"}}, "packages", ("pandas", "3.1", "3.2")),
        ({"parameters": {"04": {"years": 4}}}, "parameters", ("years of 04", "3", "4")),
        ({"inputs": [{"role": "settings", "path": "config/runs/one.toml", "sha256": "2"}]}, "settings",
         ("settings: config/runs/one.toml", "1 file", "1 file")),
        ({"inputs": [*FACTS["inputs"], {"role": "returns", "path": "data/a.csv", "sha256": "2"}]}, "data",
         ("returns: data/a.csv", "0 files", "1 file")),
    ],
)  # fmt: skip
def test_what_went_in_otherwise_is_named_and_where_it_is_one_thing_the_movement_is_its_own(facts, kind, told):
    compared = compare(a_pack(), a_pack(**facts))
    assert [(one.kind, one.what, one.before, one.after) for one in compared.causes] == [(kind, *told)]
    assert compared.why.startswith(f"Only the {kind}")


def test_a_parameter_that_many_notebooks_share_is_told_once():
    one, other = ({"parameters": {page: {"years": years} for page in ("04", "05", "06")}} for years in (3, 4))
    (cause,) = compare(a_pack(**one), a_pack(**other)).causes
    assert (cause.what, cause.before, cause.after) == ("years of 3 notebooks", "3", "4")


def test_an_assumption_that_moved_is_told_by_name_with_its_range():
    said = {"name": "price.rise", "value": "0.03", "low": "0.01", "high": "0.05", "unit": "a year"}
    one, other = (replace(a_pack(), assumptions={"price.rise": {**said, "value": value}}) for value in ("0.03", "0.04"))
    (cause,) = compare(one, other).causes
    assert (cause.kind, cause.what, cause.before) == ("assumptions", "price.rise", "0.03 (0.01 to 0.05) a year")


def a_folder(folder: Path, last: int) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "04-figure-1.csv").write_text(STOCK.format(last=last), encoding="utf-8")
    with (folder / "data" / "contents.csv").open("w", encoding="utf-8", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(["page", "page_title", "exhibit", "caption", "file"])
        lines.writerow(["04", "Demand", "Figure 1", "Stock", "04-figure-1.csv"])
    write_manifest(folder, {**FACTS, "inputs": []}, [])
    return folder


def test_packs_are_read_from_their_own_files(tmp_path):
    one, other = a_folder(tmp_path / "one", 100), a_folder(tmp_path / "other", 90)
    compared = compare(read_pack(one), read_pack(other))
    assert [(cell.before, cell.after) for cell in compared.cells] == [("100", "90")]


def test_a_pack_whose_list_names_a_file_elsewhere_is_refused(tmp_path):
    folder = a_folder(tmp_path / "one", 100)
    listed = folder / "data" / "contents.csv"
    listed.write_text(
        listed.read_text(encoding="utf-8").replace("04-figure-1.csv", "../../secret.csv"), encoding="utf-8"
    )
    with pytest.raises(ComparisonError, match="names a file that is not there"):
        read_pack(folder)
    listed.unlink()
    with pytest.raises(ComparisonError, match="Render that pack again"):
        read_pack(folder)


def test_the_page_leads_to_what_moved_and_says_why():
    compared = compare(a_pack(a_table(STOCK.format(last=100))), a_pack(a_table(STOCK.format(last=125)), seed=8))
    cover = Cover("A pack", "Smallshire", "Cabinet", "draft", "public", None, True, "abc", "def")
    page = BeautifulSoup(render_changes(cover, compared, {"04": Link("04.html", "Demand")}), "html.parser")
    assert page.select_one("#moved").find_next("tbody").a["href"] == "04.html#figure-1"
    assert "Cells that moved: 1," in page.select_one(".said").get_text()
    assert "whatever moved, moved because of that" in page.select_one(".said").get_text()


def test_the_manifest_told_is_the_one_read(tmp_path):
    folder = a_folder(tmp_path / "one", 100)
    assert read_pack(folder).facts["seed"] == json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["seed"]
