"""Files for the equality impact assessment: population by group, the action plan, and what children have said.

A figure of population names its source; one that is judged says so, and no ethnic group's is shipped, because none was
found for the ages looked after. Choices: docs/decisions/0035-equality-and-views.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cip_analysis.settings import Settings

Characteristic = Literal["age band", "sex", "ethnic group"]
Method = Literal["focus group", "face to face", "market place event"]
METHODS: tuple[Method, ...] = ("focus group", "face to face", "market place event")
Count = Annotated[int, Field(ge=0)]


class Group(Settings):
    """People aged 0 to 17 of one group. judged: whether it is a judgement and no published figure."""

    characteristic: Characteristic
    group: str
    people: Annotated[int, Field(gt=0)]
    source: str
    judged: bool = False


class Action(Settings):
    """One action of the plan: the gap it closes, for whom, what is done, who answers, by when, and how it is known."""

    gap: str
    who: str
    action: str
    owner: str
    by_when: str
    measure: str


class EqualityFile(Settings):
    """Population by group and the action plan of one council."""

    title: str
    as_of: date
    owner: str
    population: tuple[Group, ...] = ()
    actions: tuple[Action, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> EqualityFile:
        _refuse_repeats([f"{one.characteristic}: {one.group}" for one in self.population], "population")
        return self


class Theme(Settings):
    """What children and young people asked for: its place among priorities, and how many said so by each method.

    answered_by: key of the work package that answers it; blank where none does.
    """

    theme: str
    priority: Annotated[int, Field(gt=0)]
    said: dict[Method, Count]
    answered_by: str = ""
    what_was_done: str = ""


class Views(Settings):
    """What children and young people said, gathered between two days. synthetic: invented, to show the exhibit."""

    title: str
    gathered_from: date
    gathered_to: date
    source: str
    owner: str
    synthetic: bool = False
    themes: tuple[Theme, ...]

    @model_validator(mode="after")
    def _sound(self) -> Views:
        if self.gathered_to < self.gathered_from:
            raise ValueError("gathered_to lies before gathered_from")
        _refuse_repeats([one.theme for one in self.themes], "themes")
        _refuse_repeats([str(one.priority) for one in self.themes], "priorities")
        return self


def _refuse_repeats(names: Sequence[str], what: str) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(repeated)} is among the {what} more than once")
