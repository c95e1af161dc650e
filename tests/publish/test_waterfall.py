"""The steps from one total to another: they meet, they carry their sign, and what is withheld stays so."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from publish.projects import ABOUT

from cip_analysis.publish import charts
from cip_analysis.publish.charts import ChartError
from cip_analysis.publish.disclosure import release
from cip_analysis.records import Released

TITLE = "Spend rose, and most of it is more child-days"
STEPS = [("2016/17", "level", 20.3e6), ("number of child-days", "change", 1.9e6), ("mix of settings", "change", -0.4e6),
         ("price beyond inflation", "change", 0.6e6), ("2017/18", "level", 22.4e6)]  # fmt: skip


def steps(
    rows: list[tuple[str, str, float]] = STEPS, children: list[int] | None = None, measure: str = "spend_gbp"
) -> Released:
    table = pd.DataFrame(rows, columns=["step", "kind", measure])
    if children is None:
        return release(table, replace(ABOUT, unit="£"), plain=list(table))
    counted = table.assign(children=children)
    return release(counted, ABOUT, counts=["children"], bases={measure: "children"}, plain=["step", "kind"])


def ranged() -> Released:
    table = pd.DataFrame(STEPS, columns=["step", "kind", "spend_gbp"])
    low, high = [np.nan, 1.0e6, -0.9e6, -0.2e6, 21e6], [np.nan, 2.8e6, 0.1e6, 1.4e6, 24e6]
    table = table.assign(p10_spend_gbp=low, p90_spend_gbp=high)
    return release(table, ABOUT, plain=list(table))


def draw(released: Released, measure: str = "spend_gbp", price_base: str = "prices of each year") -> Axes:
    return charts.waterfall(released, measure, by="step", price_base=price_base, title=TITLE)


def bars_of(axes: Axes) -> list[tuple[float, float]]:
    """Where each bar stands and ends, in £."""
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in bars]


def words_of(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_levels_stand_on_nought_and_every_change_on_the_end_of_the_last():
    ends = bars_of(draw(steps()))
    assert ends[0] == (0, 20.3e6)
    assert ends[-1] == (0, pytest.approx(22.4e6))
    for before, after in pairwise(ends[:-1]):
        assert after[0] == pytest.approx(before[1])


def test_every_change_is_written_with_its_sign_and_every_level_without():
    assert words_of(draw(steps())) == ["£20.3m", "+£1.9m", "−£0.4m", "+£0.6m", "£22.4m"]


def test_rises_falls_and_levels_are_told_apart_without_colour():
    bars = [patch for patch in draw(steps()).patches if isinstance(patch, Rectangle)]
    hatches = [bar.get_hatch() for bar in bars]
    assert len({hatches[0], hatches[1], hatches[2]}) == 3
    assert hatches[1] == hatches[3]
    assert hatches[0] == hatches[-1]


def test_the_axis_says_million_pounds_of_which_prices_and_begins_at_nought():
    axes = draw(steps(), price_base="2017/18 prices")
    assert axes.get_ylabel() == "Spend (£ million, 2017/18 prices)"
    assert axes.get_ylim()[0] == 0


def test_money_already_in_millions_is_written_the_same():
    rows = [(name, kind, value / 1e6) for name, kind, value in STEPS]
    axes = draw(steps(rows, measure="spend_gbp_million"), "spend_gbp_million")
    assert words_of(axes) == words_of(draw(steps()))
    assert axes.get_ylabel() == "Spend (£ million, prices of each year)"


def test_small_money_is_written_in_pounds_and_a_step_under_a_tenth_of_a_million_in_hundredths():
    little = [("then", "level", 500_000.0), ("days", "change", -1_250.0), ("now", "level", 498_750.0)]
    assert words_of(draw(steps(little))) == ["£500,000", "−£1,250", "£498,750"]
    tiny = [("then", "level", 5e6), ("days", "change", 0.05e6), ("nothing", "change", 0.0), ("now", "level", 5.05e6)]
    assert words_of(draw(steps(tiny))) == ["£5.00m", "+£0.05m", "£0.00m", "£5.05m"]


def test_a_projected_step_carries_its_range_from_where_it_stands():
    axes = draw(ranged())
    spans = [(line.get_ydata()[0], line.get_ydata()[1]) for line in segments(axes)]
    assert (pytest.approx(21.3e6), pytest.approx(23.1e6)) in spans  # 20.3 + 1.0 to 20.3 + 2.8
    assert (pytest.approx(21e6), pytest.approx(24e6)) in spans
    assert "Thin line: 80% range" in axes.get_ylabel()
    assert "Thin line" not in draw(steps()).get_ylabel()


class Segment:
    """A whisker's two ends."""

    def __init__(self, ends: np.ndarray) -> None:
        """Keep the points."""
        self.ends = ends

    def get_ydata(self) -> np.ndarray:
        """The heights, lower first."""
        return np.sort(self.ends[:, 1])


def segments(axes: Axes) -> list[Segment]:
    """Every upright line drawn as a range."""
    return [Segment(ends) for bars in axes.containers if hasattr(bars, "has_yerr") for collection in bars[2]
            for ends in collection.get_segments()]  # fmt: skip


def test_totals_below_nought_are_drawn_below_it_with_their_number_under_them():
    rows = [("2017/18", "level", 1e6), ("fewer starts", "change", -2.25e6), ("2021/22", "level", -1.25e6)]
    axes = draw(steps(rows))
    assert bars_of(axes)[-1] == (0, -1.25e6)
    last = axes.texts[-1]
    assert last.get_va() == "top"
    assert last.get_text().startswith("−£1.2")
    assert axes.get_ylim()[0] < -1.25e6


def test_a_withheld_step_is_marked_and_has_no_bar_and_its_sum_is_drawn_as_broken():
    axes = draw(steps(children=[50, 40, 2, 30, 60]))
    assert words_of(axes)[2] == "[c]"
    assert bars_of(axes)[2][0] == bars_of(axes)[2][1]
    dashes = [line.get_linestyle() for line in axes.get_lines()]
    assert "-" in dashes
    assert any(dash != "-" for dash in dashes)


def test_a_first_level_withheld_is_marked_and_the_steps_stand_where_the_last_puts_them():
    axes = draw(steps(children=[2, 40, 20, 30, 60]))
    assert words_of(axes)[0] == "[c]"
    assert bars_of(axes)[1] == (pytest.approx(20.3e6), pytest.approx(22.2e6))


def test_everything_withheld_is_drawn_as_marks_alone():
    assert words_of(draw(steps(children=[2, 2, 2, 2, 2]))) == ["[c]"] * 5


def test_steps_that_do_not_lead_to_the_level_are_refused():
    with pytest.raises(ChartError, match="not to the level"):
        draw(steps([*STEPS[:3], STEPS[4]]))


def test_what_is_no_step_or_too_many_or_not_released_is_refused():
    with pytest.raises(ChartError, match="not total"):
        draw(steps([("then", "total", 1.0), ("now", "level", 1.0)]))
    many = [("then", "level", 5.0), *((f"step {place}", "change", 0.0) for place in range(10)), ("now", "level", 5.0)]
    with pytest.raises(ChartError, match="12 steps are too many"):
        draw(steps(many))
    with pytest.raises(ChartError, match="repeat"):
        draw(steps([STEPS[0], STEPS[1], STEPS[1], STEPS[4]]))
    with pytest.raises(ChartError, match="no column kind"):
        draw(release(pd.DataFrame({"step": ["a"], "spend_gbp": [1.0]}), ABOUT, plain=["step", "spend_gbp"]))
    with pytest.raises(ChartError, match="released table"):
        draw(pd.DataFrame(STEPS, columns=["step", "kind", "spend_gbp"]))


@pytest.mark.parametrize("count", [5, 8, 10])
def test_no_label_lies_over_its_neighbour(count):
    words = ["number of child-days", "share on the framework", "general inflation", "fees beyond inflation",
             "support billed beside the fee", "paid by health and education", "payments without child-days",
             "external residential"]  # fmt: skip
    changes = [(name, "change", 0.3e6) for name in words[: count - 2]]
    rows = [("2016/17", "level", 20e6), *changes, ("2017/18", "level", 20e6 + 0.3e6 * len(changes))]
    axes = draw(steps(rows))
    axes.figure.canvas.draw()
    said = [label for label in axes.get_xticklabels() if label.get_text()]
    for first, second in combinations([label.get_window_extent() for label in said], 2):
        assert not first.overlaps(second)


def test_the_figure_says_its_finding_and_its_source():
    axes = draw(steps())
    assert axes.figure.get_suptitle() == TITLE
    assert "As at 31 March 2018" in axes.figure.get_supxlabel().replace("\n", " ")
