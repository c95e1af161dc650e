"""The page on what a pack rests on gathers judgements, sources, caveats and words from its pages, and who answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from publish.projects import ABOUT, STOCK, a_code_cell, prose

from cip_analysis.publish.disclosure import release
from cip_analysis.publish.page import Cover, Draft, draft_page, summarise
from cip_analysis.publish.products.exhibits import read_exhibits
from cip_analysis.publish.report import gathering
from cip_analysis.publish.report.glossary import Glossary, Term, read_glossary, terms_used
from cip_analysis.publish.report.layout import Link
from cip_analysis.publish.report.rests import Rests, assumptions_as_text, render_rests
from cip_analysis.publish.tables import MARK, table
from cip_analysis.settings import Judgement, Signature

COVER = Cover("A pack", "Smallshire", "Cabinet", "draft", "public", date(2018, 3, 31), True, "abc", "def")
JUDGED = Judgement(value=260, unit="£ a week", low=150, high=400, source="general knowledge", as_of=date(2018, 3, 31),
                   owner="the director")  # fmt: skip
HELD = {"weekly_price.kinship": JUDGED, "price.rise-kinship": JUDGED}
LINKS = {"01_first": Link("01_first.html", "Children in care"), "02_second": Link("02_second.html", "Where they live")}


def a_notebook(title: str, asked: list[str], tag: str = "treatments") -> nbformat.NotebookNode:
    """A page with one table, in a cell with a tag, that asked for some judgements."""
    stock = release(STOCK, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["year", "setting"])
    bundle, metadata = table(stock, "Stock by setting")._repr_mimebundle_()
    metadata[MARK]["asked"] = asked
    cell = a_code_cell("table(stock)", tag)
    cell.outputs = [nbformat.v4.new_output("display_data", bundle, metadata=metadata)]
    caveats = prose("## Caveats: what this cannot say\n\n- Why. See [[#table-1]].\n\n## What feeds the next\n\nMore.")
    return nbformat.v4.new_notebook(cells=[prose(f"# {title}\n\nHow is the stock?"), cell, caveats])


NOTEBOOKS = {"01_first": a_notebook("Children in care", ["weekly_price.kinship"]),
             "02_second": a_notebook("Where they live", [], "reconciliation")}  # fmt: skip
DRAFTS = tuple(draft_page(notebook, name) for name, notebook in NOTEBOOKS.items())


def rests_of(**changes: object) -> Rests:
    exhibits = [one for name, notebook in NOTEBOOKS.items() for one in read_exhibits(name, notebook)]
    rests = Rests(
        COVER, tuple(summarise(notebook, f"{name}.html") for name, notebook in NOTEBOOKS.items()),
        gathering.judgements_used(NOTEBOOKS, HELD, LINKS), 1, (), gathering.exhibits_tagged(DRAFTS, "treatments"),
        gathering.exhibits_tagged(DRAFTS, "reconciliation"), gathering.caveats_of(DRAFTS),
        gathering.sources_of(exhibits, LINKS), (Term(term="stock", meaning="How many."),), "The rule", None, None,
        (("Seed", "7"),), ("cip pack x.toml",),
    )  # fmt: skip
    return replace(rests, **changes)


def page_of(**changes: object) -> BeautifulSoup:
    return BeautifulSoup(render_rests(rests_of(**changes)), "html.parser")


def cells(page: BeautifulSoup, place: str) -> list[list[str]]:
    rows = page.select_one(f"#{place}").find_next("tbody").select("tr")
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in rows]


def test_only_the_judgements_a_page_asked_for_are_told_each_with_its_page():
    (used,) = gathering.judgements_used(NOTEBOOKS, HELD, LINKS)
    assert (used.name, used.words, used.pages) == (
        "weekly_price.kinship", "Weekly price: kinship", (LINKS["01_first"],)
    )  # fmt: skip
    assert cells(page_of(), "assumptions") == [[
        "Weekly price: kinship £ a week", "260", "150 to 400",
        "general knowledge. As of 31 March 2018. Owner: the director.", "Children in care",
    ]]  # fmt: skip
    assert "Another 1 in the assumptions file" in page_of().main.get_text()


def test_every_role_is_told_and_those_unsigned_are_said_plainly():
    page = page_of(quality=(Signature(role="analyst", name="An analyst", signed=date(2018, 9, 1), comments="Checked"),))
    assert cells(page, "quality")[1] == [
        "Analyst", "did it, and answers for how it was done", "An analyst", "1 September 2018", "Checked"
    ]  # fmt: skip
    assert cells(page, "quality")[3][2:] == ["not yet named", "not yet signed", "none"]
    assert "Not yet signed: commissioner, assurer, approver." in page.main.get_text(" ", strip=True)


def test_a_log_that_all_four_signed_says_so():
    signed = [Signature(role=role, name="A", signed=date(2018, 9, 1))
              for role in ("commissioner", "analyst", "assurer", "approver")]  # fmt: skip
    assert "All four have signed." in page_of(quality=tuple(signed)).main.get_text(" ", strip=True)


def test_tagged_tables_are_shown_again_with_a_link_and_are_not_counted_twice():
    page = page_of()
    again = page.select_one("#data-quality").find_next(class_="repeated")
    assert again.caption.get_text() == "Table 1: Stock by setting"
    assert page.select_one("#data-quality").find_next("a")["href"] == "01_first.html#table-1"
    assert page.select_one("#reconciliation").find_next("a")["href"] == "02_second.html#table-1"
    assert page.select(".exhibit, .exhibit-table, #table-1") == []


def test_every_pages_caveats_are_gathered_and_nothing_after_them():
    heads = [tag.get_text() for tag in page_of().select("h3")]
    assert heads == ["Children in care", "Where they live"]
    assert "More." not in page_of().main.get_text()


def test_each_source_is_told_once_with_its_day_and_pages():
    assert cells(page_of(), "sources") == [["invented returns", "31 March 2018", "Children in care , Where they live"]]


def test_what_is_withheld_is_told_by_page_and_by_the_reasons_met():
    told = {
        "notebook": ["01_first", "all"],
        "cells": [8, 8],
        "withheld": [1, 1],
        "A small count": [1, 1],
        "Few": [0, 0],
    }
    page = page_of(statement=pd.DataFrame(told))
    assert cells(page, "disclosure") == [["Children in care", "8", "1", "1"], ["Whole pack", "8", "1", "1"]]
    assert "for any other reason: few." in page.main.get_text()


def test_the_judgements_used_are_written_for_another_pack_to_compare():
    text = assumptions_as_text(rests_of().used)
    assert text.splitlines() == [
        "name,value,unit,low,high,source,as_of,owner",
        "weekly_price.kinship,260.0,£ a week,150.0,400.0,general knowledge,2018-03-31,the director",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("The STOCK rose", ["stock"]),
        ("a stocktaking", []),
        ("marked [c] here", ["[c]"]),
        ("UASC came", ["unaccompanied"]),
    ],
)
def test_a_term_is_explained_only_where_it_stands_as_a_word(words, found):
    terms = (Term(term="unaccompanied", meaning="…", also=("UASC",)), Term(term="stock", meaning="…"),
             Term(term="[c]", meaning="…"))  # fmt: skip
    assert [term.term for term in terms_used(Glossary(terms=terms), words)] == found


def test_the_shipped_glossary_explains_each_term_once_and_says_how_each_is_written():
    held = read_glossary(Path(__file__).parents[3], "config/glossary.toml")
    every = [way.casefold() for term in held.terms for way in (term.term, *term.also)]
    assert len(every) == len(set(every))


def test_a_draft_is_left_as_it_was():
    before = [str(draft.body) for draft in DRAFTS]
    page_of()
    assert [str(draft.body) for draft in DRAFTS] == before
    assert isinstance(DRAFTS[0], Draft)
