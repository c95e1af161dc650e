"""Pages bound into one document: chapters, links between them, numbers behind charts, nothing that serves a screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from publish.shown import COVER, a_pack

from cip_analysis.publish.documents.binding import BindingError, bind, titles_of
from cip_analysis.publish.documents.widths import LANDSCAPE_CM, PORTRAIT_CM, fit


@pytest.fixture(scope="module")
def bound():
    pack = a_pack()
    return bind(pack.pages, pack.exhibits, pack.cover)


def test_each_page_is_a_chapter_that_begins_with_its_title(bound):
    chapters = BeautifulSoup(bound.body, "lxml").select("section.chapter")
    assert [chapter.find(True).get_text() for chapter in chapters] == [
        "The report in brief", "Children in care", "Where they live",
    ]  # fmt: skip


def test_links_between_pages_lead_to_places_that_are_there_and_links_to_files_become_words(bound):
    body = BeautifulSoup(bound.body, "lxml")
    hrefs = {str(link["href"]) for link in body.select("a")}
    assert "#02_second--what-was-found" in hrefs
    assert "https://www.gov.uk/" in hrefs
    assert "data/x.csv" not in hrefs
    assert "a file" in body.get_text()
    places = {str(tag["id"]) for tag in BeautifulSoup(bound.body + bound.appendix, "lxml").find_all(id=True)}
    assert {href[1:] for href in hrefs if href[0] == "#"} <= places


def test_no_place_is_named_twice(bound):
    places = [tag["id"] for tag in BeautifulSoup(bound.body + bound.appendix, "lxml").find_all(id=True)]
    assert len(places) == len(set(places))


def test_numbers_behind_a_chart_follow_it_and_long_ones_stand_in_the_appendix(bound):
    body, appendix = BeautifulSoup(bound.body, "lxml"), BeautifulSoup(bound.appendix, "lxml")
    assert [table["data-exhibit"] for table in body.select("table")] == ["01_first-table-1", "01_first-figure-1"]
    assert [table["data-exhibit"] for table in appendix.select("table")] == ["02_second-figure-1"]
    assert "on the sheet Table_3 of tables.xlsx" in body.get_text()
    assert len(appendix.select("tbody tr")) == 30


def test_code_navigation_and_words_for_screens_are_left_out(bound):
    assert "show(0)" not in bound.body
    body = BeautifulSoup(bound.body, "lxml")
    assert not body.select("nav, details, summary, script, style, .skip, .hidden-words")


def test_pictures_are_held_beside_the_document_and_keep_their_words(bound):
    pictures = BeautifulSoup(bound.body, "lxml").select("img")
    assert [picture["src"] for picture in pictures] == list(bound.pictures)
    assert all(held.startswith(b"\x89PNG") for held in bound.pictures.values())
    assert {picture["alt"] for picture in pictures} == {"Bars. Most children live in foster homes, by far."}


def test_a_page_without_a_title_is_refused_by_name():
    with pytest.raises(BindingError, match=r"03_third\.html"):
        bind({"03_third.html": "<main><p>x</p></main>"}, (), COVER)
    with pytest.raises(BindingError, match=r"03_third\.html"):
        titles_of({"03_third.html": "<main><p>x</p></main>"})


def test_titles_are_words_without_marks():
    assert titles_of({"01_first.html": "<h1 id='x'>Costs &amp; <em>care</em></h1>"}) == {"01_first": "Costs & care"}


def test_a_front_page_with_a_title_of_its_own_keeps_it():
    pack = a_pack()
    bound = bind(pack.pages, pack.exhibits, replace(COVER, title="Another"))
    assert "The report in brief" not in bound.body


def test_a_narrow_table_stands_upright_in_full_size_and_no_wider_than_its_words():
    fitted = fit([("Setting", "Children"), ("In-house foster", "100")])
    assert (fitted.size, fitted.landscape) == (9.0, False)
    assert sum(fitted.widths_cm) < PORTRAIT_CM / 2


def test_a_wide_table_is_made_smaller_then_turned_on_its_side_and_never_runs_off_the_page():
    for columns in range(1, 40):
        fitted = fit([["unaccompanied"] * columns, ["123,456,789"] * columns])
        room = LANDSCAPE_CM if fitted.landscape else PORTRAIT_CM
        assert sum(fitted.widths_cm) <= room + 1e-9
    assert fitted.landscape
    assert fitted.size == 7.0


def test_a_wide_table_that_is_no_exhibit_lies_on_its_side_too():
    heads = "".join(f"<th>unaccompanied{number}</th>" for number in range(14))
    page = f"<main><h1>About</h1><div class='scroll'><table><tr>{heads}</tr></table></div></main>"
    assert 'class="scroll wide-page"' in bind({"about.html": page}, (), COVER).body


def test_long_words_take_what_is_left_beside_figures():
    fitted = fit([("What it means", "Children", "Spend"), ("word " * 60, "1,234", "2,345,678")])
    assert sum(fitted.widths_cm) == pytest.approx(fitted.widths_cm[0] + fitted.widths_cm[1] + fitted.widths_cm[2])
    assert fitted.widths_cm[0] == max(fitted.widths_cm)
    assert sum(fitted.widths_cm) <= PORTRAIT_CM + 1e-9
