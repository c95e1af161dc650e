"""A region's file: which councils it holds, which were split or merged, and where its published figures stand."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import model_validator

from cip_analysis.settings import Settings


class Joined(Settings):
    """Authorities whose ground is that of others, by three-digit code.

    code, name: what the ground is called here. before, after: those whose figures add up to it, first and since.
    since: the first 31 March that the later ones are counted on.
    """

    code: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    since: int

    @property
    def parts(self) -> tuple[str, ...]:
        """Every code that it takes the place of."""
        return tuple(dict.fromkeys((*self.before, *self.after)))


class Region(Settings):
    """One region: its councils by three-digit code, and the files of figures that its page reads.

    councils: as they stand in the forecast, each joined authority under its one code. published, homes: of the region's
    councils. lessons, estimates, track_record: what was learned of councils and regions and how right that has been.
    method: a name in demand.regional.forecast.METHODS.
    """

    name: str
    code: str
    councils: Mapping[str, str]
    joined: tuple[Joined, ...] = ()
    published: str
    homes: str
    lessons: str
    estimates: str
    track_record: str
    method: str

    @model_validator(mode="after")
    def _joined_are_councils(self) -> Region:
        """Refuse a joined authority that is not among the councils, and a part that is there beside it."""
        for one in self.joined:
            if self.councils.get(one.code) != one.name:
                raise ValueError(f"{one.name} ({one.code}) is joined but is not among the councils under that name")
            if beside := [code for code in one.parts if code != one.code and code in self.councils]:
                raise ValueError(f"{', '.join(beside)} is a part of {one.name} and cannot stand beside it")
        return self
