"""A page is whole, accessible, offline, and made only of what came through the door."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import nbformat
import pytest
from bs4 import BeautifulSoup
from publish.projects import a_code_cell, prose

from cip_analysis.publish.charts import lines
from cip_analysis.publish.page import Cover, Link, PageContext, PageError, render_page, summarise
from cip_analysis.publish.tables import MARK, exhibit, table

COVER = Cover(
    "A small pack", "Smallshire", "Cabinet, one day", "draft", "public", date(2018, 3, 31), True, "abc", "def"
)
CONTEXT = PageContext(COVER, Link("00_before.html", "Before"), Link("02_after.html", "After"))
TITLE = prose("# Children in care\n\nHow many **children** are looked after?")


def showing(source: str, bundle: dict, metadata: dict | None = None, tags: Sequence[str] = ()) -> nbformat.NotebookNode:
    cell = a_code_cell(source, *tags)
    cell.outputs = [nbformat.v4.new_output("display_data", bundle, metadata=metadata or {})]
    return cell


def shown(exhibit_shown, source: str = "table(stock)") -> nbformat.NotebookNode:
    return showing(source, *exhibit_shown._repr_mimebundle_())


def a_sentence(words: str, *tags: str) -> nbformat.NotebookNode:
    mark = {MARK: {"kind": "sentence", "synthetic": False, "as_at": ""}}
    return showing(f"say({words!r})", {"text/html": f"<p>{words}</p>", "text/plain": words}, mark, tags)


def page_of(*cells: nbformat.NotebookNode, context: PageContext = CONTEXT) -> BeautifulSoup:
    return BeautifulSoup(render_page(nbformat.v4.new_notebook(cells=list(cells)), context), "html.parser")


def a_chart(stock):
    return exhibit(lines(stock, "children", by="setting", title="A finding"), stock, caption="Stock",
                   alt="Line chart of two years, rising")  # fmt: skip


def test_a_page_has_language_title_landmarks_one_heading_and_a_way_past_the_banner():
    page = page_of(TITLE, prose("## A step"))
    assert page.html["lang"] == "en-GB"
    assert page.title.get_text() == "Children in care – A small pack (SYNTHETIC)"
    assert [len(page.select(name)) for name in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert page.select_one("body > a.skip")["href"] == "#main"
    assert page.select_one("#main").name == "main"


def test_the_contents_lead_to_every_step_even_where_two_share_a_name():
    page = page_of(TITLE, prose("## What we found\n\n### Part\n\n## What we found"))
    assert [link["href"] for link in page.select(".contents a")] == ["#what-we-found", "#what-we-found-2"]
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))


def test_the_banner_says_whose_it_is_how_firm_it_is_and_that_it_is_invented():
    words = page_of(TITLE).header.get_text(" ", strip=True)
    for said in ("DRAFT", "Smallshire", "Public version", "As at 31 March 2018", "SYNTHETIC: invented data"):
        assert said in words


def test_a_page_of_real_data_says_nothing_of_synthetic():
    final = replace(COVER, synthetic=False, status="final", audience="exempt")
    html = str(page_of(TITLE, context=PageContext(final)).body)
    assert "SYNTHETIC" not in html
    assert "FINAL" in html
    assert "Exempt version, not for publication" in html
    assert "EXEMPT: not for publication." in html
    assert "EXEMPT" not in str(page_of(TITLE))


def test_the_mark_of_invented_data_stands_in_the_margin_of_every_printed_page():
    css = page_of(TITLE).style.get_text()
    assert re.search(r'@top-left \{ content: "SYNTHETIC: invented data, not real children', css)


def test_a_title_cannot_break_out_of_the_style_sheet():
    nasty = replace(COVER, title='Children\'s "pack"; } body { display: none } </style><script>')
    page = BeautifulSoup(render_page(nbformat.v4.new_notebook(cells=[TITLE]), PageContext(nasty)), "html.parser")
    assert page.find("script") is None
    assert 'content: "Children\'s pack;  body  display: none  stylescript"' in page.style.get_text()


def test_pages_lead_to_their_neighbours_and_back_to_the_front():
    links = page_of(TITLE).select(".onward a")
    assert [link["href"] for link in links] == ["00_before.html", "index.html", "02_after.html"]
    alone = page_of(TITLE, context=PageContext(COVER)).select(".onward a")
    assert [link["href"] for link in alone] == ["index.html"]


def test_figures_and_tables_are_numbered_in_the_order_of_the_page(stock):
    page = page_of(
        TITLE, shown(table(stock, "One")), shown(a_chart(stock), "exhibit()"), shown(table(stock, "Two"), "table(b)")
    )
    assert [tag.get_text() for tag in page.select("figcaption")] == ["Figure 1: Stock"]
    assert [tag.get_text() for tag in page.select(".exhibit-table caption")] == ["Table 1: One", "Table 2: Two"]
    assert page.select_one("figure caption").get_text() == "Numbers behind Figure 1: Stock"
    labels = [tag["aria-label"] for tag in page.select("[role=region]")]
    assert len(labels) == len(set(labels)) == 3


def test_the_alt_text_of_a_chart_reaches_the_page(stock):
    assert page_of(TITLE, shown(a_chart(stock))).img["alt"] == "Line chart of two years, rising"


def test_code_is_folded_away_but_there(stock):
    page = page_of(TITLE, shown(table(stock, "One"), "table(stock, 'One')"))
    folded = page.select_one("details.code")
    assert folded.get("open") is None
    assert "table(stock, 'One')" in folded.pre.get_text()


def test_code_that_shows_nothing_is_folded_with_what_comes_before_it_where_no_code_follows(stock):
    page = page_of(
        TITLE, a_code_cell("stock = 1"), shown(table(stock, "One"), "table(one)"), a_code_cell("None if one else two"),
        a_code_cell("and_not_three = None"), prose("Words between."), shown(table(stock, "Two"), "table(two)"),
    )  # fmt: skip
    folds = [fold.pre.get_text().split("\n\n") for fold in page.select("details.code")]
    assert [[line.strip() for line in fold] for fold in folds] == [
        ["stock = 1", "table(one)", "None if one else two", "and_not_three = None"], ["table(two)"],
    ]  # fmt: skip


def test_a_table_written_in_prose_gets_caption_scope_and_no_empty_heading():
    page = page_of(TITLE, prose("## Words\n\n| | Meaning |\n|---|---|\n| stock | on 31 March |"))
    assert page.caption.get_text() == "Words (1)"
    assert [(cell.name, cell.get("scope")) for cell in page.select("thead tr > *")] == [("td", None), ("th", "col")]


def test_a_page_asks_nothing_of_another_machine():
    html = render_page(nbformat.v4.new_notebook(cells=[TITLE]), CONTEXT)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert f'content="{policy}"' in html
    assert not re.search(r"""(src|href)=["']?(https?:)?//|url\(|@import""", html)


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (nbformat.v4.new_output("stream", name="stderr", text="SomeWarning: 12345"), "wrote a warning or an error"),
        (nbformat.v4.new_output("stream", name="stdout", text="12345"), "printed text"),
        (nbformat.v4.new_output("error", ename="KeyError", evalue="12345", traceback=[]), "stopped with KeyError"),
        (nbformat.v4.new_output("execute_result", {"text/html": "<table>12345</table>"}), "has not come through"),
        (nbformat.v4.new_output("display_data", {"image/png": "12345"}), "has not come through"),
        (nbformat.v4.new_output("execute_result", {"text/plain": "12345"}), "has not come through"),
    ],
)
def test_what_did_not_come_through_the_door_stops_the_page_and_is_not_repeated(output, fault):
    cell = a_code_cell("something()")
    cell.outputs = [output]
    with pytest.raises(PageError, match=f"cell 2 .*{fault}") as refusal:
        page_of(TITLE, cell)
    assert "12345" not in str(refusal.value)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("Some words.", "begins with its one title"),
        ("## A step\n\n# Late", "begins with its one title"),
        ("# One\n\n# Two", "this one has 2"),
        ("# One\n\n### Three", "skips from level 1 to 3"),
        ("# One\n\n![](data:image/png;base64,AAAA)", "no alt text"),
        ("# One\n\n![No description has been provided for this image](data:image/png;base64,AAAA)", "no alt text"),
        ("# One\n\n![A map](https://example.org/map.png)", "loads something from elsewhere"),
        ("# One\n\n<script>alert(1)</script>", "<script>"),
        ("# One\n\n<p onclick='x()'>a</p>", "would run something"),
        ("# One\n\n<iframe src='a'></iframe>", "<iframe>"),
    ],
)
def test_prose_that_not_everyone_could_read_safely_stops_the_page(words, fault):
    with pytest.raises(PageError, match=fault):
        page_of(prose(words))


def test_a_page_too_heavy_to_send_is_refused():
    with pytest.raises(PageError, match=r"weighs 1\.[5-9] MB"):
        page_of(TITLE, prose("word " * 320_000))


def test_rendering_leaves_the_notebook_as_it_was(stock):
    notebook = nbformat.v4.new_notebook(cells=[TITLE, shown(table(stock, "One"))])
    before = nbformat.writes(notebook)
    render_page(notebook, CONTEXT)
    assert nbformat.writes(notebook) == before


def test_the_front_page_takes_question_answer_findings_and_notes_from_the_notebook():
    notebook = nbformat.v4.new_notebook(cells=[
        TITLE, a_sentence("There are 554.", "answer", "finding"), a_sentence("Rates rose.", "finding"),
        a_sentence("Six rows are late.", "data-quality"), a_sentence("Not for the front."),
    ])  # fmt: skip
    told = summarise(notebook, "01_first.html")
    assert told.title == "Children in care"
    assert told.question == "How many children are looked after?"
    assert told.answer == "There are 554."
    assert told.findings == ("There are 554.", "Rates rose.")
    assert told.data_quality == ("Six rows are late.",)
