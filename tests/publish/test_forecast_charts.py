"""Charts of forecasts show what is not known as plainly as what is, and no word lies over another."""

from __future__ import annotations

from datetime import date
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import PathPatch
from matplotlib.text import Annotation
from publish.projects import ABOUT

from cip_analysis.publish import charts
from cip_analysis.publish.charts import Beside, ChartError, Claim
from cip_analysis.publish.disclosure import forecast_per_10k, part, release, release_forecast, release_published
from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.forecasts import BAND_COLOURS
from cip_analysis.publish.drawing.labels import stack_apart
from cip_analysis.records import Released

TITLE = "Numbers are likelier to rise than to fall"
SPREAD = {"p02_5": -1.96, "p10": -1.28, "p25": -0.67, "p50": 0.0, "p75": 0.67, "p90": 1.28, "p97_5": 1.96}
LEVERS = {"baseline": 645, "neighbours by 2021/22": 706, "fewer starts": 610, "step-down from residential": 640,
          "more in-house carers": 643, "family group conferencing": 604, "UASC transfer scheme": 668}  # fmt: skip
RIVALS = {"no change": 554, "drift": 668, "damped trend": 610, "random walk": 660}
FLOWS = [("started", "in-house foster", 120), ("started", "kinship", 50), ("started", "16+ supported", 30),
         ("in-house foster", "returned home", 60), ("in-house foster", "external residential", 15),
         ("kinship", "returned home", 30), ("kinship", "adopted", 20), ("external residential", "adopted", 3),
         ("external residential", "turned 18", 10), ("16+ supported", "turned 18", 50),
         ("independent foster", "in-house foster", 15), ("with parents", "returned home", 10),
         ("secure and health", "custody", 5), ("independent foster", "relatives", 5)]  # fmt: skip


def outturn(last: int = 554) -> Released:
    months = pd.date_range("2010-03-31", "2018-03-31", freq="ME")
    children = np.linspace(330, last, len(months)).round().astype(int)
    return release(pd.DataFrame({"month": months, "children": children}), ABOUT, counts=["children"], plain=["month"])


def projected(state: float = 554, end: float = 645, months: int = 49, **labels: object) -> pd.DataFrame:
    part_of = np.linspace(0, 1, months)
    middle = state + (end - state) * part_of
    ends = {name: np.maximum(0, middle + far * 70 * np.sqrt(part_of)) for name, far in SPREAD.items()}
    return pd.DataFrame({"month": pd.date_range("2018-03-31", periods=months, freq="ME"), **labels, **ends})


def forecast(**asked: float) -> Released:
    return release_forecast(projected(**asked), ABOUT, by=[])


def several(ends: dict[str, int], label: str) -> Released:
    tables = [projected(end=end, **{label: name}) for name, end in ends.items()]
    return release_forecast(pd.concat(tables, ignore_index=True), ABOUT, by=[label])


def differences() -> Released:
    rows = [(name, 554, end - 670, end - 645, end - 620) for name, end in LEVERS.items()]
    table = pd.DataFrame(rows, columns=["scenario", "baseline", "p10_difference", "p50_difference", "p90_difference"])
    return release(table, ABOUT, counts=["baseline"], bases=dict.fromkeys(table.columns[2:], "baseline"),
                   plain=["scenario"])  # fmt: skip


def places() -> Released:
    table = pd.DataFrame({"month": pd.date_range("2018-03-31", periods=49, freq="ME")})
    for measure, start, end in (("needed", 172, 228), ("places", 190, 184)):
        for point, far in (("p10", -20), ("p50", 0), ("p90", 20)):
            table[f"{point}_{measure}"] = (np.linspace(start, end, 49) + np.linspace(0, far, 49)).round().astype(int)
    return release(table, ABOUT, counts=list(table.columns[1:]), plain=["month"])


def flows() -> Released:
    table = pd.DataFrame(FLOWS, columns=["from", "to", "children"])
    return release(table, ABOUT, counts=["children"], plain=["from", "to"])


def scores() -> Released:
    rows = [(method, 12 * years, miss * years**0.5) for method, miss in
            {"no change": 0.059, "neighbour gap": 0.058, "own drift": 0.065, "whole gap": 0.064}.items()
            for years in (1, 2, 3, 4)]  # fmt: skip
    return release_published(pd.DataFrame(rows, columns=["method", "horizon_months", "mape"]), ABOUT)


def held(**changes: object) -> Released:
    table = pd.DataFrame({"horizon_months": [12, 48], "coverage_80": [0.79, 0.74], "coverage_95": [0.95, 0.92]})
    return release_published(table.assign(**changes), ABOUT)


def origins() -> Released:
    tables = [projected(state, state + 20, 25, origin=f"March {year}").assign(
        month=pd.date_range(f"{year}-03-31", periods=25, freq="ME"))
        for year, state in ((2012, 380), (2014, 440), (2016, 500))]  # fmt: skip
    return release_forecast(pd.concat(tables, ignore_index=True), ABOUT, by=["origin"])


def whole_fan() -> Axes:
    later = release_published(pd.DataFrame({"year": [2019, 2022, 2025], "looked_after": [583, 696, 694]}), ABOUT)
    rivals = part(several(RIVALS, "method"), ["month", "method", "p50"])
    claim = Claim(date(2022, 3, 31), 706, "July 2018 report: 706")
    return charts.fan(outturn(), forecast(), title=TITLE, beside=Beside(later, rivals, claim))


def rate_fan() -> Axes:
    rates = release_published(pd.DataFrame({"year": [2016, 2017, 2018], "rate_per_10k": [34.3, 37.3, 40.1]}), ABOUT)
    people = pd.Series([138_410, 142_500], index=pd.to_datetime(["2018-03-31", "2022-03-31"]))
    return charts.fan(rates, forecast_per_10k(forecast(), people), title=TITLE)


CHARTS = {
    "fan": lambda: charts.fan(outturn(), forecast(), title=TITLE),
    "fan of a setting": lambda: charts.fan(outturn(63), forecast(state=63, end=72), title=TITLE),
    "fan with everything": whole_fan,
    "fan of rates": rate_fan,
    "scenarios": lambda: charts.scenarios(outturn(), several(LEVERS, "scenario"), title=TITLE),
    "whiskers": lambda: charts.whiskers(differences(), "difference", by="scenario", title=TITLE),
    "gap": lambda: charts.gap(places(), title=TITLE, binds=date(2019, 6, 30)),
    "flow": lambda: charts.flow(flows(), source="from", target="to", measure="children", title=TITLE),
    "coverage": lambda: charts.coverage(held(), title=TITLE),
    "errors": lambda: charts.errors(scores(), "mape", title=TITLE),
    "past forecasts": lambda: charts.past_forecasts(outturn(), origins(), title=TITLE),
}


@pytest.fixture(params=list(CHARTS), ids=list(CHARTS))
def drawn(request) -> Axes:
    """Each chart in turn, laid out as it will be saved."""
    axes = CHARTS[request.param]()
    axes.figure.canvas.draw()
    return axes


def words_of(axes: Axes) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in axes.texts]


def extent_of(text, axes: Axes):
    """Where the words stand, without the line that ties them to their mark."""
    renderer = axes.figure.canvas.get_renderer()
    if isinstance(text, Annotation) and text.arrow_patch is not None:
        text.update_positions(renderer)
    return (
        super(Annotation, text).get_window_extent(renderer)
        if isinstance(text, Annotation)
        else (text.get_window_extent(renderer))
    )


def test_no_words_of_a_chart_lie_over_others_or_outside_the_picture(drawn):
    titles = [getattr(drawn, name) for name in ("title", "_left_title", "_right_title")]
    every = [*drawn.texts, *titles, drawn.xaxis.label, drawn.yaxis.label, *drawn.get_xticklabels(),
             *drawn.get_yticklabels()]  # fmt: skip
    shown = [text for text in every if (text.get_text() and text.get_visible() and drawn.axison) or text in drawn.texts]
    boxes = [(text.get_text(), extent_of(text, drawn)) for text in shown if text.get_text()]
    width, height = drawn.figure.canvas.get_width_height()
    for said, box in boxes:
        assert box.x0 >= -1 and box.x1 <= width + 1 and box.y0 >= 0 and box.y1 <= height, said
    for (one, first), (other, second) in combinations(boxes, 2):
        lapped = (
            min(first.x1, second.x1) - max(first.x0, second.x0),
            min(first.y1, second.y1) - max(first.y0, second.y0),
        )
        assert min(lapped) <= 1.5, f"{one!r} lies over {other!r}"


def test_every_chart_has_its_finding_above_and_says_at_its_foot_that_data_are_invented(drawn):
    assert drawn.figure.get_suptitle() == TITLE
    assert "SYNTHETIC" in drawn.figure.get_supxlabel().replace("\n", " ")


def test_charts_of_counts_start_at_nought():
    for name in ("fan", "fan with everything", "fan of rates", "scenarios", "gap", "errors", "past forecasts"):
        assert CHARTS[name]().get_ylim()[0] == 0, name


def test_a_fan_writes_the_last_median_and_both_ends_of_every_band():
    assert words_of(CHARTS["fan"]())[-4:] == ["Median 645", "95%: 510 to 780", "80%: 555 to 735", "50%: 600 to 690"]


def test_outturn_is_solid_and_the_median_dashed_and_they_meet_at_the_census():
    axes = CHARTS["fan"]()
    solid = next(line for line in axes.lines if line.get_color() == style.INK)
    median = next(line for line in axes.lines if line.get_color() == style.OURS)
    assert solid.get_linestyle() == "-"
    assert median.get_linestyle() == "--"
    assert solid.get_xydata()[-1].tolist() == median.get_xydata()[0].tolist()


def test_each_band_is_darker_than_the_one_it_lies_in_even_in_grey():
    greys = [np.dot(to_rgb(BAND_COLOURS[percent]), (0.299, 0.587, 0.114)) for percent in (95, 80, 50)]
    assert all(outer - inner > 0.08 for outer, inner in pairwise(greys))


def test_a_median_without_a_band_is_refused():
    with pytest.raises(ChartError, match="median and a band"):
        charts.fan(outturn(), part(forecast(), ["month", "p50"]), title=TITLE)
    with pytest.raises(ChartError, match="median and a band"):
        charts.fan(outturn(), part(forecast(), ["month", "p10", "p90"]), title=TITLE)


def test_a_fan_holds_one_series_only():
    with pytest.raises(ChartError, match="repeat a day of p02_5"):
        charts.fan(outturn(), several(LEVERS, "scenario"), title=TITLE)


def test_more_than_four_rivals_are_refused():
    rivals = part(several(LEVERS, "scenario"), ["month", "scenario", "p50"])
    with pytest.raises(ChartError, match="7 series are too many to tell apart; 4 at most"):
        charts.fan(outturn(), forecast(), title=TITLE, beside=Beside(rivals=rivals))


def test_later_outturn_is_hollow_and_the_claim_named():
    axes = whole_fan()
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert [line.get_ydata().tolist() for line in hollow] == [[583, 696, 694]]
    assert {"○ Outturn since, 694", "★ July 2018 report: 706"} <= set(words_of(axes))


def test_a_withheld_forecast_is_said_to_be_and_draws_nothing():
    hidden = release_forecast(projected(state=3, end=9), ABOUT, by=[])
    axes = charts.fan(outturn(), hidden, title=TITLE)
    assert "Forecast withheld [c]" in words_of(axes)
    assert not any("Median" in said for said in words_of(axes))


def test_a_fan_of_rates_says_rates():
    axes = rate_fan()
    assert axes.get_ylabel() == "Rate per 10,000"
    assert "Median 45.3" in words_of(axes)


def test_scenarios_show_the_baselines_band_and_every_other_median_by_name_and_mark():
    axes = CHARTS["scenarios"]()
    said = words_of(axes)
    assert {"Baseline median 645", "Neighbours by 2021/22 705", "Fewer starts 610"} <= set(said)
    assert len(axes.collections) == 1
    marks = [line.get_marker() for line in axes.lines if line.get_markevery() is not None]
    assert len(set(marks)) == len(marks) == 6


def test_a_difference_is_written_with_its_sign_and_its_range_beside_a_line_at_nought():
    axes = CHARTS["whiskers"]()
    assert "+61 (+36 to +86)" in words_of(axes)
    assert "−35 (−60 to −10)" in words_of(axes)
    assert any(line.get_xdata() == [0, 0] for line in axes.lines if len(line.get_xdata()) == 2)


def test_a_withheld_difference_is_marked_c():
    table = pd.DataFrame({"name": ["a", "b"], "children": [3, 50], "p10": [1.0, 1], "p50": [2.0, 2], "p90": [3.0, 3]})
    shown = release(table, ABOUT, counts=["children"], bases=dict.fromkeys(["p10", "p50", "p90"], "children"),
                    plain=["name"])  # fmt: skip
    assert words_of(charts.whiskers(shown, "children", by="name", title=TITLE)) == ["2 (1 to 3)", "[c]"]


def test_the_month_that_places_run_short_is_marked_only_where_it_is_given():
    assert "Places first run short June 2019" in words_of(CHARTS["gap"]())
    assert not any("run short" in said for said in words_of(charts.gap(places(), title=TITLE)))


def test_ribbons_are_as_many_as_the_flows_shown_and_ends_add_up_on_both_sides():
    axes = CHARTS["flow"]()
    numbers = [int(said.rsplit(" ", 1)[1]) for said in words_of(axes) if " " in said]
    shown = flows().table["children"].sum()
    assert sum(numbers) == 2 * shown
    assert len([patch for patch in axes.patches if isinstance(patch, PathPatch)]) % 2 == 0


def test_the_smallest_flows_are_joined_as_other_and_those_withheld_are_said():
    axes = CHARTS["flow"]()
    assert sum(said.startswith("Other ") for said in words_of(axes)) == 2
    assert "1 flow [c] withheld and not drawn." in axes.get_title(loc="left")


def test_no_flow_at_all_is_refused():
    none = release(pd.DataFrame({"a": ["x"], "b": ["y"], "children": [2]}), ABOUT, counts=["children"],
                   plain=["a", "b"])  # fmt: skip
    with pytest.raises(ChartError, match="no flow above nought"):
        charts.flow(none, source="a", target="b", measure="children", title=TITLE)


def test_how_ranges_held_is_written_and_stands_beside_what_they_promise():
    axes = CHARTS["coverage"]()
    assert {"● 80% range: 74%", "◆ 95% range: 95%", "80%", "95%"} <= set(words_of(axes))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["4 years ahead", "1 year ahead"]
    assert "does not begin at 0%" in axes.get_xlabel()


def test_errors_name_every_method_and_its_last_miss():
    assert {"No change 11.8%", "Neighbour gap 11.6%"} <= set(words_of(CHARTS["errors"]()))


def test_each_past_forecast_has_its_range_at_its_end():
    axes = CHARTS["past forecasts"]()
    assert len(axes.collections) == 3
    assert "From 31 March 2016: 520" in words_of(axes)


@pytest.mark.parametrize("name", ["fan", "scenarios", "past_forecasts"])
def test_a_forecast_that_did_not_come_through_the_door_is_refused(name):
    with pytest.raises(ChartError, match="takes a released table, not a DataFrame"):
        getattr(charts, name)(outturn(), projected(scenario="baseline", origin="a"), title=TITLE)


def test_labels_stay_within_the_axes_in_order_and_apart_whatever_their_sizes():
    heights, sizes = [95.0, 94.0, 93.0, 10.0, 2.0], [8.0, 16.0, 8.0, 8.0, 8.0]
    placed = stack_apart(heights, sizes, 0.0, 100.0)
    assert placed == sorted(placed, reverse=True)
    assert placed[0] + sizes[0] / 2 <= 100
    assert placed[-1] - sizes[-1] / 2 >= 0
    for (one, first), (other, second) in pairwise(zip(placed, sizes, strict=True)):
        assert one - other >= (first + second) / 2 - 1e-9


def test_drawing_leaves_the_forecast_as_it_was():
    shown = forecast()
    before = shown.table.copy(deep=True)
    charts.fan(outturn(), shown, title=TITLE)
    pd.testing.assert_frame_equal(before, shown.table)
