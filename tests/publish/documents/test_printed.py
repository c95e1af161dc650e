"""The PDF: tagged, with language, title, outline, words for pictures, and its marks on every page."""

from __future__ import annotations

import re

import pypdf
import pytest
from publish.shown import a_pack

from cip_analysis.publish.documents.binding import bind
from cip_analysis.publish.documents.printed import as_page


@pytest.fixture(scope="module")
def printed(folder):
    return pypdf.PdfReader(folder / "small.pdf")


def tags_of(printed) -> list[tuple[str, object]]:
    """Every tag of the document's structure with its other text, from the top."""
    found, waiting = [], [printed.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, pypdf.generic.DictionaryObject):
            found.append((str(node.get("/S", "")), node.get("/Alt")))
            below = node.get("/K", [])
            waiting += list(below) if isinstance(below, list) else [below]
    return found


def test_it_is_tagged_and_says_its_language_and_title(printed):
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert printed.metadata.title == "A small pack (SYNTHETIC)"
    assert printed.metadata.author is None
    assert f"{printed.metadata.creation_date:%Y-%m-%d}" == "2018-03-31"


def test_headings_tables_and_pictures_are_tagged_and_pictures_keep_their_words(printed):
    tags = tags_of(printed)
    kinds = {kind for kind, _alt in tags}
    assert {"/H1", "/H2", "/P", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= kinds
    alts = [alt for kind, alt in tags if kind == "/Figure"]
    assert alts == ["Bars. Most children live in foster homes, by far."] * 2


def test_the_outline_lists_the_chapters(printed):
    titles = [one.title for one in printed.outline if not isinstance(one, list)]
    assert titles == ["Contents", "The report in brief", "Children in care", "Where they live"]


def test_every_page_says_status_audience_that_the_data_are_invented_and_its_number(printed):
    for number, page in enumerate(printed.pages, 1):
        words = re.sub(r"\s+", " ", page.extract_text())
        assert "DRAFT · Public version · SYNTHETIC: invented data, not real children" in words
        assert f"Page {number} of {len(printed.pages)}" in words


def test_a_wide_table_lies_on_its_side(printed):
    turned = [page for page in printed.pages if page.mediabox.width > page.mediabox.height]
    assert len(turned) == 1
    assert "A wide table" in turned[0].extract_text()


def test_the_contents_name_pages_and_lead_to_every_chapter(printed):
    words = printed.pages[1].extract_text()
    assert "Where they live" in words
    assert re.search(r"Children in care[ .\n]*\d", words)


def test_what_is_printed_says_where_the_longer_numbers_are_and_leads_nowhere_that_is_not_there():
    pack = a_pack()
    page = as_page(bind(pack.pages, pack.exhibits, pack.cover))
    assert "The numbers behind Figure 1 are on the sheet Table_3 of tables.xlsx." in re.sub(r"<[^>]+>", "", page)
    places = set(re.findall(r' id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= places
