"""Charts are honest, alike, readable without colour, and made of released tables only."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from publish.projects import ABOUT, STOCK

from cip_analysis.codes import SETTINGS
from cip_analysis.publish import charts
from cip_analysis.publish.charts import ChartError
from cip_analysis.publish.disclosure import About, part, release, release_published
from cip_analysis.publish.drawing import style
from cip_analysis.records import Released

TITLE = "Foster homes hold most children"


def months() -> Released:
    table = pd.DataFrame({"month": pd.date_range("2016-01-31", periods=30, freq="ME"), "children": range(400, 430)})
    return release(table, ABOUT, counts=["children"], plain=["month"])


def areas() -> Released:
    table = pd.DataFrame({"area": ["Ours", "Theirs", "England"], "rate_per_10k": [40.0, 55.0, None]})
    marked = table.assign(symbol=[None, None, "c"])
    return release_published(marked, About("published", ABOUT.as_at), symbols={"rate_per_10k": "symbol"})


def spread() -> Released:
    points = {f"p{point}_weekly_price_gbp": [100.0 * step, 10.0] for step, point in enumerate([10, 25, 50, 75, 90], 1)}
    table = pd.DataFrame({"setting": ["kinship", "other"], "children": [50, 2], **points})
    return release(table, ABOUT, counts=["children"], bases=dict.fromkeys(points, "children"), plain=["setting"])


def curve() -> Released:
    return release(pd.DataFrame({"share_of_children": [0, 0.5, 1], "share_of_spend": [0, 0.2, 1]}), ABOUT,
                   plain=["share_of_children", "share_of_spend"])  # fmt: skip


def stock_of(settings: list[str]) -> Released:
    table = pd.DataFrame([(year, name, 50) for year in (2017, 2018) for name in settings],
                         columns=["year", "setting", "children"])  # fmt: skip
    return release(table, ABOUT, counts=["children"], plain=["year", "setting"])


def every_chart(stock: Released) -> dict[str, Axes]:
    return {
        "lines": charts.lines(stock, "children", by="setting", title=TITLE),
        "month_end": charts.month_end(months(), "children", title=TITLE),
        "bars": charts.bars(stock, "children", by=["setting", "year"], title=TITLE),
        "stacked": charts.stacked(stock, "spend_gbp", by=["year", "setting"], title=TITLE),
        "compare": charts.compare(areas(), "rate_per_10k", ours="Ours", title=TITLE),
        "quantiles": charts.quantiles(spread(), by="setting", title=TITLE),
        "lorenz": charts.lorenz(curve(), title=TITLE),
        "heat": charts.heat(stock, "children", by=["setting", "year"], title=TITLE),
    }


def words_of(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_every_chart_returns_axes_with_its_finding_above_and_its_source_below(stock):
    for name, axes in every_chart(stock).items():
        assert isinstance(axes, Axes), name
        assert axes.figure.get_suptitle() == TITLE, name
        assert "As at 31 March 2018" in axes.figure.get_supxlabel().replace("\n", " "), name


def test_no_chart_is_shown_or_known_to_pyplot(stock):
    every_chart(stock)
    assert plt.get_fignums() == []


def test_every_chart_draws_without_a_warning(stock):
    for axes in every_chart(stock).values():
        axes.figure.canvas.draw()


def test_invented_data_say_so_at_the_foot(stock):
    foot = charts.lines(stock, "children", by="setting", title=TITLE).figure.get_supxlabel()
    assert "SYNTHETIC: invented data, not real children." in foot.replace("\n", " ")
    assert "SYNTHETIC" not in charts.compare(areas(), "rate_per_10k", ours="Ours", title=TITLE).figure.get_supxlabel()


@pytest.mark.parametrize("name", ["lines", "month_end", "bars", "stacked", "compare", "quantiles", "lorenz", "heat"])
def test_a_table_that_did_not_come_through_the_door_is_refused(name):
    asked = {"lines": {"measure": "children"}, "month_end": {"measure": "children"}, "quantiles": {"by": "setting"},
             "compare": {"measure": "children", "ours": "kinship"}, "lorenz": {}}  # fmt: skip
    both = {"measure": "children", "by": ["year", "setting"]}
    with pytest.raises(ChartError, match="takes a released table, not a DataFrame"):
        getattr(charts, name)(STOCK, title=TITLE, **asked.get(name, both))


def test_counts_start_at_nought(stock):
    for axes in (charts.lines(stock, "children", by="setting", title=TITLE),
                 charts.month_end(months(), "children", title=TITLE)):  # fmt: skip
        assert axes.get_ylim()[0] == 0


def test_a_withheld_point_is_a_gap_marked_c_and_never_a_nought(stock):
    axes = charts.lines(stock, "children", by="setting", title=TITLE)
    kinship = next(line for line in axes.lines if np.isnan(line.get_ydata()).any())
    assert np.isnan(kinship.get_ydata()[0])
    assert kinship.get_ydata()[1] == 0
    assert words_of(axes).count("[c]") == 1


def test_a_bar_whose_parts_are_not_all_shown_says_so(stock):
    assert words_of(charts.stacked(stock, "children", by=["year", "setting"], title=TITLE)) == ["+[c]"]


def test_lines_are_labelled_at_their_ends_and_have_no_legend(stock):
    axes = charts.lines(stock, "children", by="setting", title=TITLE)
    assert {"In-house foster", "Kinship"} <= set(words_of(axes))
    assert axes.get_legend() is None


def test_month_end_stock_is_one_unbroken_line_with_its_last_value_beside_it():
    axes = charts.month_end(months(), "children", title=TITLE)
    assert [line.get_linestyle() for line in axes.lines] == ["-"]
    assert "430" in words_of(axes)


def test_a_setting_looks_the_same_whoever_stands_beside_it():
    alone = charts.lines(stock_of(["kinship"]), "children", by="setting", title=TITLE)
    among = charts.lines(stock_of(["other", "in-house foster", "kinship"]), "children", by="setting", title=TITLE)
    assert alone.lines[0].get_color() == among.lines[2].get_color() == style.SETTING_LOOKS["kinship"].colour


def test_no_two_settings_share_a_colour_a_marker_or_a_hatch():
    for attribute in ("colour", "marker", "hatch"):
        assert len({getattr(style.SETTING_LOOKS[name], attribute) for name in SETTINGS}) == len(SETTINGS)


def test_lines_of_one_chart_differ_in_more_than_colour():
    axes = charts.lines(stock_of(list(SETTINGS[:6])), "children", by="setting", title=TITLE)
    assert len({line.get_marker() for line in axes.lines}) == 6


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [*[look.colour for look in style.LOOKS], style.OTHERS, style.FAINT])
def test_every_colour_stands_out_from_the_paper_by_three_to_one(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 3


@pytest.mark.parametrize("colour", [style.INK, style.QUIET])
def test_every_colour_of_words_stands_out_by_four_and_a_half_to_one(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_more_than_six_series_are_refused():
    with pytest.raises(ChartError, match="7 series are too many"):
        charts.lines(stock_of(list(SETTINGS[:7])), "children", by="setting", title=TITLE)


def test_a_point_drawn_twice_is_refused_because_it_would_be_a_wrong_total(stock):
    with pytest.raises(ChartError, match="2 rows repeat a value of year"):
        charts.lines(stock, "children", title=TITLE)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda stock: charts.lines(part(stock, ["setting", "children"]), "children", title=TITLE), "one time column"),
        (lambda stock: charts.lines(stock, "pupils", title=TITLE), "no column pupils"),
        (lambda stock: charts.bars(stock, "setting", by="year", title=TITLE), "cannot be drawn"),
        (lambda stock: charts.bars(stock, "children", by=["a", "b", "c"], title=TITLE), "one or two columns, not 3"),
        (lambda stock: charts.compare(stock, "children", ours="nowhere", title=TITLE), "in 0 columns"),
        (lambda stock: charts.quantiles(stock, by="setting", title=TITLE), "five quantile columns"),
    ],
)
def test_what_cannot_be_drawn_honestly_is_refused_in_words(stock, call, fault):
    with pytest.raises(ChartError, match=fault):
        call(stock)


def test_ours_stands_out_by_weight_as_well_as_colour_and_areas_run_from_the_highest():
    axes = charts.compare(areas(), "rate_per_10k", ours=["Ours", "England"], title=TITLE)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["England", "Ours", "Theirs"]
    assert [label.get_fontweight() for label in axes.get_yticklabels()] == ["normal", "bold", "normal"]
    assert words_of(axes) == ["[c]", "40", "55"]


def test_one_series_of_bars_carries_its_numbers(stock):
    axes = charts.bars(part(stock, where={"year": 2018}), "spend_gbp", by="setting", title=TITLE)
    assert words_of(axes) == ["£2,400,000", "£0"]


def test_pounds_by_the_million_are_said_in_millions(stock):
    axes = charts.lines(stock, "spend_gbp", by="setting", title=TITLE)
    axes.figure.canvas.draw()
    assert axes.get_ylabel() == "Spend (£ million)"
    assert axes.yaxis.get_major_formatter()(2_000_000, 0) == "2.0"


def test_axes_that_were_given_are_drawn_on_and_keep_their_figure(stock):
    first = charts.lines(stock, "children", by="setting", title=TITLE)
    panel = first.figure.add_subplot()
    assert charts.lines(stock, "children", by="setting", title="Beside", ax=panel) is panel
    assert panel.get_title(loc="left") == "Beside"


def test_drawing_leaves_the_released_table_as_it_was(stock):
    before = stock.table.copy(deep=True)
    every_chart(stock)
    pd.testing.assert_frame_equal(before, stock.table)


def test_labels_that_would_overlap_are_moved_apart_and_keep_their_order():
    placed = style.spread_apart([10.0, 10.1, 10.2, 30.0], least=3.0, bottom=0.0)
    assert placed == sorted(placed)
    assert min(np.diff(placed)) >= 3.0 - 1e-9
    assert placed[3] == 30.0


def test_labels_are_never_pushed_below_the_floor():
    assert min(style.spread_apart([0.0, 0.0, 0.0], least=2.0, bottom=0.0)) == 0.0
