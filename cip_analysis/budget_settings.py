"""A year's placement budget, read from its settings file: £ and the child-weeks it was made for, by setting."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from cip_analysis.codes import SETTINGS
from cip_analysis.settings import Settings
from cip_analysis.typed_values import FinancialYear


class BudgetLine(Settings):
    """One setting's budget: £ net of contributions, and the weeks of care it was made for.

    The price it assumed is the one over the other. child_weeks is nought where nobody said; what such a line adds to
    the variance is then told apart as payments without child-days.
    """

    setting: str
    budget_gbp: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    child_weeks: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _sound(self) -> BudgetLine:
        if self.setting not in SETTINGS:
            raise ValueError(f"{self.setting!r} is not a setting; there are: {', '.join(SETTINGS)}")
        if abs(self.budget_gbp * 100 - round(self.budget_gbp * 100)) > 1e-4:
            raise ValueError(f"{self.budget_gbp} is finer than a penny")
        return self


class Budget(Settings):
    """The placement budget of one financial year, nominal £.

    source, owner: who set it, and who answers for it. invented: made up for a demonstration, which every page that
    uses it must say. lines: one a setting; a setting without a line has no budget.
    """

    title: str
    financial_year: FinancialYear
    source: str
    owner: str
    invented: bool = False
    lines: Annotated[tuple[BudgetLine, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _once_each(self) -> Budget:
        named = [line.setting for line in self.lines]
        if repeated := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"{', '.join(repeated)} has more than one line")
        if not any(line.child_weeks for line in self.lines):
            raise ValueError("no line says how many child_weeks it was made for, so no variance can be taken apart")
        return self

    @property
    def year(self) -> int:
        """The year of the 31 March that ends it."""
        return int(self.financial_year[:4]) + 1
