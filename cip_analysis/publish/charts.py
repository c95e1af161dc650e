"""Charts of released tables. Each returns its axes, shows nothing, saves nothing and computes only positions.

`title` is the finding in words; the unit stands on the axis, the source and the rule at the foot. The time column is
the one called month, year, financial_year or date; `by` names the column, or columns, that tell series apart.

    picture = lines(stock, "children", by="setting", title="Foster homes did not keep up with need")
    exhibit(picture, stock, caption="Children looked after by setting", alt="Line chart. In-house foster …")

The charts themselves are in `drawing`, a module a question; this is the door to them.
"""

from cip_analysis.publish.drawing.categories import bars, compare, stacked, waterfall
from cip_analysis.publish.drawing.flows import flow
from cip_analysis.publish.drawing.forecasts import Beside, fan, scenarios
from cip_analysis.publish.drawing.intervals import coverage, tornado, whiskers
from cip_analysis.publish.drawing.over_time import gap, lines, month_end
from cip_analysis.publish.drawing.positions import ChartError
from cip_analysis.publish.drawing.series import Claim
from cip_analysis.publish.drawing.spread import heat, lorenz, quantiles
from cip_analysis.publish.drawing.track_record import errors, past_forecasts

__all__ = [
    "Beside", "ChartError", "Claim", "bars", "compare", "coverage", "errors", "fan", "flow", "gap", "heat", "lines",
    "lorenz", "month_end", "past_forecasts", "quantiles", "scenarios", "stacked", "tornado", "waterfall", "whiskers",
]  # fmt: skip
