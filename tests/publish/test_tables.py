"""Tables, exhibits and sentences: readable by everyone, the same bytes each time, and released figures only."""

from __future__ import annotations

import base64
import io
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from publish.projects import ABOUT, STOCK

from cip_analysis.publish.charts import lines
from cip_analysis.publish.disclosure import About, part, release
from cip_analysis.publish.tables import MARK, TableError, exhibit, say, table

ALT = "Line chart of two years. In-house foster homes rise to 120; kinship in 2017 is withheld."
GOLDEN = (
    '<div class="scroll" role="region" tabindex="0" aria-label="Table, scrolls sideways: Stock &amp; spend"><table>'
    "<caption>Stock &amp; spend</caption><thead><tr>"
    '<th scope="col">Year</th><th scope="col">Setting</th><th scope="col" class="figures">Children</th>'
    '<th scope="col" class="figures">Spend <span class="unit">(£)</span></th></tr></thead><tbody>'
    '<tr><th scope="row">2017</th><td>Kinship</td><td class="figures marked">[c]</td>'
    '<td class="figures marked">[c]</td></tr>'
    '<tr><th scope="row">2018</th><td>Kinship</td><td class="figures">0</td><td class="figures">0</td></tr>'
    "</tbody></table></div>"
)


def picture(stock):
    return lines(stock, "children", by="setting", title="Foster homes hold most children")


def of(columns: dict[str, list], plain=(), **about: object):
    known = {**{"source": "x", "as_at": date(2018, 3, 31)}, **about}
    names = [name for name in columns if name not in plain]
    return release(pd.DataFrame(columns), About(**known), plain=[*names, *plain])


def cells(shown, name: str) -> list[str]:
    soup = BeautifulSoup(table(shown, "A caption").html, "html.parser")
    heads = [head.get_text() for head in soup.select("thead th")]
    return [row.select("th, td")[heads.index(name)].get_text() for row in soup.select("tbody tr")]


def said(capsys, template: str, **values: object) -> str:
    say(template, **values)
    return eval(capsys.readouterr().out)["text/plain"]  # noqa: S307  (what IPython prints outside a notebook)


def test_a_table_has_caption_scopes_units_commas_and_marks(stock):
    shown = table(part(stock, where={"setting": "kinship"}), "Stock & spend")
    assert GOLDEN in shown.html


def test_what_c_means_is_said_once_under_a_table_that_has_it_and_not_otherwise(stock):
    assert table(stock, "Stock").html.count("withheld to protect children's privacy") == 1
    assert "withheld to protect" not in table(part(stock, where={"year": 2018}), "Stock").html


def test_a_table_says_its_source_its_day_its_rule_and_that_it_is_invented(stock):
    words = BeautifulSoup(table(stock, "Stock").html, "html.parser").select_one(".source").get_text()
    assert words == (
        "Source: invented returns. As at 31 March 2018. Counts of 1 to 4 are withheld; others are rounded to the "
        "nearest 5. SYNTHETIC: invented data, not real children."
    )


def test_figures_are_written_as_people_read_them():
    shown = of({
        "financial_year": [2018, 2019], "weekly_price_gbp": [2953.4, -0.2], "share_of_spend": [0.4056, 1.0],
        "rate_per_10k": [40.52, 55.0], "change": [-1234.0, 5.0], "month": pd.to_datetime(["2018-03-31", "2018-04-30"]),
    })  # fmt: skip
    assert cells(shown, "Financial year") == ["2017/18", "2018/19"]
    assert cells(shown, "Weekly price (£)") == ["2,953", "0"]
    assert cells(shown, "Share of spend (%)") == ["40.6", "100.0"]
    assert cells(shown, "Rate per 10,000") == ["40.5", "55.0"]
    assert cells(shown, "Change (children)") == ["−1,234", "5"]
    assert cells(shown, "Month") == ["March 2018", "April 2018"]


def test_a_blank_that_is_not_withheld_is_marked_not_available_and_explained():
    shown = of({"area": ["A", "B"], "rate_per_10k": [40.0, np.nan]}, plain=("area",))
    assert cells(shown, "Rate per 10,000") == ["40", "[x]"]
    assert "<b>[x]</b> not available" in table(shown, "Rates").html


def test_labels_are_escaped():
    shown = of({"area": ["<script>alert(1)</script>"], "rate_per_10k": [1.0]}, plain=("area",))
    assert "<script" not in table(shown, "<b>Rates</b>").html


def test_a_table_not_released_or_without_caption_or_rows_is_refused(stock):
    with pytest.raises(TableError, match="must be released, not a DataFrame"):
        table(STOCK, "Stock")
    with pytest.raises(TableError, match="needs a caption"):
        table(stock, " ")
    with pytest.raises(TableError, match="no rows"):
        table(release(STOCK[:0], ABOUT, plain=list(STOCK)), "Stock")


def test_an_exhibit_carries_its_alt_text_its_caption_and_its_numbers(stock):
    soup = BeautifulSoup(exhibit(picture(stock), stock, caption="Stock", alt=ALT).html, "html.parser")
    assert soup.img["alt"] == ALT
    assert soup.figcaption.get_text() == "Stock"
    assert soup.details.get("open") is None
    assert len(soup.details.select("tbody tr")) == len(stock.table)


@pytest.mark.parametrize("alt", ["", "  ", "Chart", "Line chart", "Stock by setting"])
def test_a_chart_without_words_for_those_who_cannot_see_it_is_refused(stock, alt):
    with pytest.raises(TableError, match="alt text"):
        exhibit(picture(stock), stock, caption="Stock by setting", alt=alt)


def test_a_picture_is_the_same_bytes_each_time_small_and_without_metadata(stock):
    first, second = (exhibit(picture(stock), stock, caption="Stock", alt=ALT).html for _ in range(2))
    assert first == second
    png = base64.b64decode(re.search(r"base64,([^\"]+)", first).group(1))
    assert len(png) < 60_000
    with Image.open(io.BytesIO(png)) as opened:
        assert opened.width >= 1000
        assert opened.info.keys() <= {"transparency"}


def test_what_is_shown_carries_the_mark_that_a_page_looks_for(stock):
    _bundle, metadata = table(stock, "Stock")._repr_mimebundle_(include=None, exclude=None)
    assert metadata[MARK].items() >= {"kind": "table", "synthetic": True, "as_at": "2018-03-31"}.items()


def test_a_sentence_is_filled_with_numbers(capsys):
    assert said(
        capsys, "Numbers rose {growth:+.0%} by {day} to {children:,}, or {rate:.1f} per 10,000, in {place}.",
        growth=0.12, day=date(2018, 3, 31), children=np.int64(1554), rate=np.float64(40.04), place="Leicestershire",
    ) == "Numbers rose +12% by 31 March 2018 to 1,554, or 40.0 per 10,000, in Leicestershire."  # fmt: skip


def test_a_fall_is_written_with_a_true_minus(capsys):
    assert said(capsys, "Changed by {change:+.0%}", change=-0.034) == "Changed by −3%"


@pytest.mark.parametrize("blank", [pd.NA, None, float("nan"), np.float64("nan")])
def test_a_withheld_number_is_said_as_such(capsys, blank):
    assert said(capsys, "There were {children:,} children.", children=blank) == "There were [c] children."


def test_a_number_released_and_rounded_is_said_as_released(capsys, stock):
    assert said(capsys, "{children} children", children=stock.table["children"].iloc[0]) == "100 children"


@pytest.mark.parametrize("typed", ["Numbers rose 12% to {n}.", "There are 554, {n}.", "One in 3: {n}", "£9.7m of {n}"])
def test_a_number_typed_in_a_sentence_is_refused(typed):
    with pytest.raises(TableError, match="is typed in the sentence"):
        say(typed, n=1)


def test_years_days_and_references_may_be_typed(capsys):
    words = "By 31 March 2018 (paragraph 19, Table 2), in 2017/18, {n} per 10,000 aged under 18."
    assert said(capsys, words, n=40) == words.format(n=40)


@pytest.mark.parametrize(
    ("template", "values", "fault"),
    [
        ("{a} and {b}", {"a": 1}, r"lacks \['b'\]"),
        ("{a}", {"a": 1, "b": 2}, r"does not use \['b'\]"),
        ("{a}", {"a": [1]}, "a is list"),
        ("{a}", {"a": True}, "a is bool"),
        ("{a:,.1z}", {"a": 1.0}, "cannot be written"),
        ("{a}", {"a": pd.Series([1])}, "a is Series"),
    ],
)
def test_a_sentence_refuses_what_it_cannot_say(template, values, fault):
    with pytest.raises(TableError, match=fault):
        say(template, **values)


def test_a_table_that_holds_sentences_is_given_room_on_a_phone():
    short, long = ({"why": [words], "children": [5]} for words in ("a few words", "many words " * 9))
    assert 'class="wordy"' not in table(of(short, plain=["why"]), "A caption").html
    assert 'class="wordy"' in table(of(long, plain=["why"]), "A caption").html
    alone = of({"why": long["why"]}, plain=["why"])
    assert 'class="wordy"' not in table(alone, "A caption").html


def test_a_share_says_that_it_is_one_though_its_heading_names_a_range_in_per_cent():
    shown = table(of({"coverage_80": [0.804]}, plain=["coverage_80"]), "How often the range held").html
    assert 'Held by the 80% range <span class="unit">(%)</span>' in shown and ">80.4<" in shown
