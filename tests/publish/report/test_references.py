"""A reference in prose becomes a link that leads where it says; one that leads nowhere stops the pack."""

from __future__ import annotations

import nbformat
import pytest
from bs4 import BeautifulSoup
from publish.projects import prose

from cip_analysis.publish.page import Cover, PageContext, PageError, draft_page, finish_page
from cip_analysis.publish.report.references import Place

COVER = Cover("A pack", "Smallshire", "Cabinet", "draft", "public", None, True, "abc", "def")
PLACES = {"04_demand": Place("Demand", {"figure-2": "Figure 2", "caveats": "Caveats: what it cannot say"})}


def page_of(words: str) -> BeautifulSoup:
    notebook = nbformat.v4.new_notebook(cells=[prose(f"# Costs\n\n{words}\n\n## Caveats")])
    html = finish_page(draft_page(notebook, "07_costs"), PageContext(COVER), PLACES)
    return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize(
    ("written", "href", "words"),
    [
        ("[[04_demand#figure-2]]", "04_demand.html#figure-2", "Figure 2, Demand"),
        ("[[04_demand]]", "04_demand.html", "Demand"),
        ("[[#caveats]]", "#caveats", "“Caveats”"),
        ("[[04_demand#caveats|its limits]]", "04_demand.html#caveats", "its limits"),
    ],
)
def test_a_reference_becomes_a_link_with_words_of_its_own(written, href, words):
    page = page_of(f"See {written}, and go on.")
    link = page.select_one(".prose a")
    assert (link["href"], link.get_text()) == (href, words)
    assert f"See {words}, and go on." in page.main.get_text()


def test_a_reference_in_code_is_left_as_it_is_written():
    page = page_of("Write `[[04_demand#figure-2]]` to link.")
    assert page.select(".prose a") == []
    assert page.select_one(".prose code").get_text() == "[[04_demand#figure-2]]"


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("[[04_demand#figure-3]]", "leads nowhere"),
        ("[[05_other]]", "no page of this pack"),
        ("[[#table-1]]", "nowhere"),
    ],
)
def test_a_reference_that_leads_nowhere_stops_the_page(written, fault):
    with pytest.raises(PageError, match=fault):
        page_of(written)


def test_a_heading_that_looks_like_an_exhibits_place_does_not_take_it():
    notebook = nbformat.v4.new_notebook(cells=[prose("# Costs\n\n## Table 1")])
    assert draft_page(notebook, "x").place.anchors == {"section-table-1": "Table 1"}
