"""The record of an invented county refuses histories that no return could hold."""

from __future__ import annotations

import pytest
from synthetic.invented import a_child, a_county, a_line

from cip_analysis.contracts import RecordError

MOVE = {"end": "2016-08-01", "end_reason": "X1", "move_reason": "CARPL"}


def test_a_plain_history_is_taken() -> None:
    county = a_county(a_line(**MOVE), a_line(start="2016-08-01", start_reason="P", placement="U4"))
    assert len(county.episodes) == 2


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([a_line(**MOVE), a_line(start="2016-07-01", start_reason="P")], "overlap"),
        ([a_line(end="2016-06-01", end_reason="E4A")], "end on or before their start"),
        ([a_line(end="2018-06-01", end_reason="E4A")], "after the last day"),
        ([a_line(end="2016-08-01", end_reason="X1")], "say they continue"),
        ([a_line(end="2016-08-01", end_reason="E4A"), a_line(start="2016-08-01")], "say they continue"),
        ([a_line(start_reason="P")], "start a period of care"),
        ([a_line(end_reason="E4A")], "open with a reason"),
        ([a_line(move_reason="CARPL")], "no move follows"),
        ([a_line(placement="U9")], "is not a code for placement"),
        ([a_line(start="2004-06-01")], "before birth"),
        ([a_line(child=2)], "belong to no child"),
    ],
)
def test_a_history_no_return_could_hold_is_refused(lines: list[dict[str, object]], fault: str) -> None:
    with pytest.raises(RecordError, match=fault):
        a_county(*lines)


def test_a_child_in_care_past_eighteen_is_refused() -> None:
    with pytest.raises(RecordError, match="past the 18th birthday"):
        a_county(a_line(end="2017-06-02", end_reason="E5"), children=(a_child(birth_date="1999-06-01"),))


def test_a_child_listed_twice_is_refused() -> None:
    with pytest.raises(RecordError, match="listed twice"):
        a_county(a_line(), children=(a_child(), a_child()))
