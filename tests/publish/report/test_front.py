"""The front page is Part A of a report: the analyst's words, the notebooks' findings, and links that lead somewhere."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup
from publish.projects import ABOUT, STOCK

from cip_analysis.publish.disclosure import release
from cip_analysis.publish.page import Cover, PageError, PageSummary
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.report.front import DOWNLOADS_HERE, Front, render_front, tell_downloads
from cip_analysis.publish.report.references import Place
from cip_analysis.publish.report.register import Recommendation, ReportWords, Risk, Step, read_report_words
from cip_analysis.settings import SettingsError

COVER = Cover(
    "A small pack", "Smallshire", "Cabinet, one day", "draft", "public", date(2018, 3, 31), True, "abc", "def"
)
PAGE = PageSummary("01_first.html", "Children in care", "How many?", "There are 554.", ("There are 554.",), ("Fair.",))
PLACES = {"01_first": Place("Children in care", {"figure-1": "Figure 1", "caveats": "Caveats"})}
ASKED = Recommendation(
    recommendation="That more carers be found.", reason="Places are short.", decides="Cabinet", when="in autumn",
    evidence=("01_first#figure-1", "01_first"),
)  # fmt: skip
RISK = Risk(risk="Too few carers", likelihood="high", effect="medium", mitigation="A campaign", owner="The director")
WORDS = ReportWords(
    purpose=("To choose.",), recommendations=(ASKED,), risks=(RISK,), resources=("It costs.",),
    resource_pages=("01_first",), timetable=(Step(when="July", what="Tender"),), background=("Once.",),
)  # fmt: skip


def an_exhibit() -> Exhibit:
    stock = release(STOCK, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["year", "setting"])
    return Exhibit("01_first", "figure", 1, "Stock", "Line chart, rising", stock)


def front_of(words: ReportWords = WORDS) -> BeautifulSoup:
    front = Front(COVER, (PAGE,), words, PLACES, (an_exhibit(),), (("Seed", "7"),), "The rule")
    return BeautifulSoup(render_front(front), "html.parser")


def part(page: BeautifulSoup, place: str) -> str:
    """The words from one heading to the next."""
    told = []
    for tag in page.select_one(f"#{place}").find_next_siblings():
        if tag.name in ("h2", "h3"):
            break
        told.append(tag.get_text(" ", strip=True))
    return " ".join(told)


def test_the_parts_stand_in_the_order_of_a_report_to_the_cabinet():
    heads = [tag["id"] for tag in front_of().select("main h2, main h3")]
    assert heads[:10] == [
        "part-a", "purpose", "findings", "recommendations", "reasons", "risks", "resources", "timetable",
        "background", "part-b",
    ]  # fmt: skip


def test_a_recommendation_says_who_decides_when_and_leads_to_its_evidence():
    page = front_of()
    said = part(page, "recommendations")
    assert "That more carers be found." in said
    assert "To be decided by Cabinet, in autumn." in said
    links = page.select_one("#recommendations").find_next("ol").select("a")
    assert [(link["href"], link.get_text()) for link in links] == [
        ("01_first.html#figure-1", "Figure 1, Children in care"), ("01_first.html", "Children in care"),
    ]  # fmt: skip
    assert part(page, "reasons") == "Places are short."


def test_risks_resources_timetable_and_background_are_told():
    page = front_of()
    assert "Too few carers High Medium A campaign The director" in part(page, "risks")
    assert part(page, "resources") == "It costs. There are 554. Children in care"
    assert "July Tender" in part(page, "timetable")
    assert part(page, "background") == "Once."


def test_words_that_nobody_confirmed_are_marked_as_draft_and_confirmed_ones_are_not():
    assert len(front_of().select("h3 .mark")) == 4
    assert "nobody has confirmed them" in front_of().select_one(".standing").get_text()
    confirmed = front_of(WORDS.model_copy(update={"confirmed_by": "A. Director", "confirmed": date(2018, 9, 3)}))
    assert confirmed.select("h3 .mark") == []
    assert "confirmed by A. Director on 3 September 2018" in confirmed.select_one(".standing").get_text()


def test_where_the_analyst_wrote_nothing_the_page_says_so():
    page = front_of(ReportWords())
    assert part(page, "recommendations") == "None are made in this pack."
    assert "No register of risks" in part(page, "risks")
    assert "has written no words" in page.select_one(".standing").get_text()
    assert page.select(".mark") == []


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("09_gone", "names no page of this pack; there are 01_first"),
        ("01_first#figure-2", "leads nowhere: the places on 01_first are figure-1, caveats"),
    ],
)
def test_evidence_that_leads_nowhere_stops_the_pack_naming_the_line(target, fault):
    with pytest.raises(PageError, match=f"That more carers be found.*{fault}"):
        front_of(WORDS.model_copy(update={"recommendations": (ASKED.model_copy(update={"evidence": (target,)}),)}))


def test_a_page_of_resources_that_is_not_in_the_pack_is_refused():
    with pytest.raises(PageError, match="resource_pages names 07_cost: no page"):
        front_of(WORDS.model_copy(update={"resource_pages": ("07_cost",)}))


def test_every_figure_and_table_is_listed_with_a_link():
    page = front_of()
    assert "The pack holds 1 figure and 0 tables." in part(page, "exhibits")
    assert page.select_one(".listed a")["href"] == "01_first.html#figure-1"


def test_the_front_page_says_what_the_results_must_not_be_used_for():
    words = front_of().main.get_text(" ", strip=True)
    assert "must not be used to decide anything about one child" in words
    assert "The children on these pages are invented." in words


def test_hostile_words_of_the_analyst_are_shown_and_not_run():
    page = front_of(ReportWords(purpose=("<script>alert(1)</script>",)))
    assert page.find("script") is None
    assert "<script>alert(1)</script>" in part(page, "purpose")


def test_the_downloads_are_told_with_format_and_size_and_what_could_not_be_made(tmp_path):
    front = Front(COVER, (PAGE,), WORDS, PLACES, (), (), "The rule")
    (tmp_path / "index.html").write_text(render_front(front), encoding="utf-8")
    (tmp_path / "tables.xlsx").write_bytes(b"0" * 12_345)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "contents.csv").write_text("0" * 2_000, encoding="utf-8")
    page = BeautifulSoup(tell_downloads(tmp_path, ["No PDF: Pango is missing & not found."]), "html.parser")
    lines = [tag.get_text(" ", strip=True) for tag in page.select_one("#downloads").find_next("ul").find_all("li")]
    assert lines[0] == "tables.xlsx (Excel workbook, 12 kB): every table in one workbook"
    assert lines[1].startswith("contents.csv (CSV, 2 kB): a list of the CSV files")
    assert lines[2].startswith("manifest.json (JSON): ")
    assert lines[3] == "No PDF: Pango is missing & not found."
    assert DOWNLOADS_HERE not in str(page)
    assert (tmp_path / "index.html").read_text(encoding="utf-8").count("tables.xlsx") == 2


def test_a_file_of_words_is_read_whole_or_refused_by_key(tmp_path):
    (tmp_path / "words.toml").write_text('purpose = ["To choose."]\n', encoding="utf-8")
    assert read_report_words(tmp_path, "words.toml").purpose == ("To choose.",)
    assert read_report_words(tmp_path, "").is_blank
    for text, fault in [('confirmed_by = "X"\n', "give confirmed_by and confirmed"), ("risky = 1\n", "not a known key"),
                        ('[[recommendations]]\nrecommendation = "A"\nreason = "B"\ndecides = "C"\nwhen = "D"\n'
                         "evidence = []\n", "evidence")]:  # fmt: skip
        (tmp_path / "words.toml").write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match=fault):
            read_report_words(tmp_path, "words.toml")
