"""The index of a batch: every council in it, what came of it, and numbers as people read them."""

from __future__ import annotations

import csv

from bs4 import BeautifulSoup
from publish.projects import ABOUT

from cip_analysis.publish.batching.making import FAILED, MADE, Outcome
from cip_analysis.publish.batching.members import Member
from cip_analysis.publish.batching.summary import write_summary
from cip_analysis.publish.report.layout import Cover

MEMBERS = (
    Member("881", "Essex", "East of England", "881", ("council=881",)),
    Member("909", "Cumbria", "North West", "909", ("council=909",), "Became two on 1 April 2023."),
    Member("201", "City of London", "London", "201", ("council=201",)),
)
AHEAD = {"now": "1164", "month": "2027-03-31", "middle": "1332", "likely": "1,137 to 1,570"}
OUTCOMES = {
    "881": Outcome("881", MADE, seconds=16.4, peak_mb=780, pack="published-only-881", headline=AHEAD),
    "909": Outcome("909", FAILED, why="Stopped <here> & said why.", seconds=2.0),
}


def written(tmp_path) -> tuple[BeautifulSoup, list[dict[str, str]]]:
    cover = Cover("Every council", "3 councils", "None", "draft", "public", ABOUT.as_at, False, "x", "y")
    write_summary(tmp_path, cover, MEMBERS, OUTCOMES)
    with (tmp_path / "summary.csv").open(encoding="utf-8") as sheet:
        return BeautifulSoup((tmp_path / "index.html").read_text(encoding="utf-8"), "lxml"), list(csv.DictReader(sheet))


def test_every_council_has_a_line_whatever_came_of_it(tmp_path):
    page, rows = written(tmp_path)
    assert [row["status"] for row in rows] == ["made", "failed", "not yet"]
    lines = [line.get_text(" ", strip=True) for line in page.select("tbody tr")]
    assert lines[0] == "Essex East of England Made 16 1,164 1,332 1,137 to 1,570"
    assert lines[2].startswith("City of London London Not yet")
    assert page.select_one("tbody a")["href"] == "881/published-only-881/index.html"


def test_what_could_not_be_made_and_what_boundaries_became_are_told(tmp_path):
    page, _rows = written(tmp_path)
    assert "Stopped <here> & said why." in page.find(id="failed").find_next("ul").get_text()
    assert "Became two on 1 April 2023." in page.find(id="boundaries").find_next("ul").get_text()
    assert "31 March 2027" in page.get_text()
    assert "1 failed, 1 made, 1 not yet." in page.get_text(" ", strip=True).replace(" ,", ",")
