"""The shaded table: what lies below nought is told by sign and line, not by colour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from publish.projects import ABOUT

from cip_analysis.publish import charts
from cip_analysis.publish.disclosure import release
from cip_analysis.publish.drawing import style

WIDE = [[-300.0, -100.0, 250.0], [-200.0, 0.0, 400.0], [-0.2, 150.0, 900.0]]


def drawn(rows, counts=None):
    """A heat map of rows of numbers; counts: children each rests on, the same shape, none where they are plain."""
    table = pd.DataFrame(
        [
            (f"row {down}", f"column {across}", value)
            for down, row in enumerate(rows)
            for across, value in enumerate(row)
        ],
        columns=["down", "across", "saving_gbp"],
    )
    if counts is None:
        released = release(table, ABOUT, plain=list(table))
    else:
        rested = table.assign(children=np.ravel(counts))
        released = release(
            rested, ABOUT, counts=["children"], bases={"saving_gbp": "children"}, plain=["down", "across"]
        )
    return charts.heat(released, "saving_gbp", by=["down", "across"], title="What it saves")


def words_of(axes):
    return [text.get_text() for text in axes.texts]


def edges_of(axes):
    lines = [one for one in axes.collections if isinstance(one, LineCollection)]
    return {tuple(map(tuple, edge)) for one in lines for edge in np.round(one.get_segments(), 1).tolist()}


def test_every_number_carries_its_sign_where_some_lie_below_nought():
    said = words_of(drawn(WIDE))
    assert said == ["−£300", "−£100", "+£250", "−£200", "£0", "+£400", "£0", "+£150", "+£900"]


def test_numbers_all_from_nought_up_carry_no_sign_and_no_line():
    axes = drawn([[0.0, 100.0], [200.0, 300.0]])
    assert words_of(axes) == ["£0", "£100", "£200", "£300"]
    assert not edges_of(axes)
    assert "heavy line" not in axes.get_xlabel()


def test_the_heavy_line_runs_just_between_cells_written_with_a_minus_and_the_others():
    axes = drawn(WIDE)
    assert edges_of(axes) == {
        ((1.5, -0.5), (1.5, 0.5)),  # −£100 | +£250
        ((0.5, 0.5), (0.5, 1.5)),  # −£200 | £0
        ((0.5, 0.5), (1.5, 0.5)),  # −£100 over £0
        ((-0.5, 1.5), (0.5, 1.5)),  # −£200 over £0
    }
    assert "heavy line: where it passes nought" in axes.get_xlabel()


def test_a_withheld_cell_is_marked_and_no_line_tells_its_sign():
    axes = drawn([[-300.0, 250.0]], counts=[[2, 50]])
    assert words_of(axes) == ["[c]", "£250"]
    assert not edges_of(axes)


def test_nought_is_white_and_like_distances_from_it_are_shaded_from_the_same_scale():
    image = drawn([[-400.0, 0.0, 400.0]]).images[0]
    assert (image.norm.vmin, image.norm.vmax) == (-400, 400)
    assert image.to_rgba(np.array([[0.0]]))[0, 0, :3].tolist() == pytest.approx([1, 1, 1], abs=0.02)
    assert not np.allclose(*image.to_rgba(np.array([[-400.0, 400.0]]))[0, :, :3])


def luminance(colour):
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], parts))


def test_every_number_stands_out_from_its_cell_by_at_least_four_and_a_half_to_one():
    steps = np.linspace(-1000, 1000, 81).reshape(9, 9)
    axes = drawn(steps.tolist())
    cells = axes.images[0].to_rgba(steps).reshape(-1, 4)[:, :3]
    for text, cell in zip(axes.texts, cells, strict=True):
        light, dark = sorted([luminance(text.get_color()), luminance(cell)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
        assert text.get_color() in ("white", style.INK)
