"""The simulation again, in plain Python: slow, readable, and counted another way, to test the compiled one by.

It meets the same chance under the same keys, but steps month by month where `kernel` jumps from event to event, writes
down every spell of every child where `kernel` keeps running counts, and counts only at the end. It shares no code with
the compiled functions, so the two agree value for value only if both are right, or wrong alike.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.inputs import BIRTHDAYS, DAYS_IN_YEAR, Entrants, ModelInputs
from cip_analysis.demand.simulation.tables import Kinds, Tally, blank_tally

MASK = 0xFFFFFFFF
TURNED_18 = WAYS_OUT.index("turned 18")


@dataclass(slots=True)
class Spell:
    """A stay of one child in one setting, from `start` to before `end`; `way` where it ended by leaving care."""

    start: float
    end: float
    setting: int
    way: int | None = None


@dataclass(slots=True)
class Life:
    """One child: when met, birthdays, group, whether already in care at the origin, and its spells so far."""

    met: float
    birthdays: list[float]
    setting: int
    unaccompanied: bool
    began: float
    present: bool
    key: tuple[int, int, int]
    spells: list[Spell] = field(default_factory=list)


def random_words(counter: tuple[int, int, int, int], seed: int) -> tuple[int, int, int, int]:
    """Philox4x32-10 in whole numbers of any size."""
    a, b, c, d = counter
    key_a, key_b = seed & MASK, seed >> 32 & MASK
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (right >> 32) ^ b ^ key_a, right & MASK, (left >> 32) ^ d ^ key_b, left & MASK
        key_a, key_b = (key_a + 0x9E3779B9) & MASK, (key_b + 0xBB67AE85) & MASK
    return a, b, c, d


def between_0_and_1(word: int) -> float:
    """A word of 32 bits as a number strictly between 0 and 1."""
    return (word + 0.5) / 2**32


def gamma_number(shape: float, counter: tuple[int, int, int], seed: int) -> float:
    """A gamma number by Marsaglia and Tsang's method without its squeeze; counter: component, cell and draw."""
    if shape == 0:
        return 0.0
    d = (shape if shape >= 1 else shape + 1) - 1 / 3
    for attempt in itertools.count():
        words = random_words(((counter[0] << 20) + attempt, counter[1], counter[2], 0), seed)
        a, b, u, power = (between_0_and_1(word) for word in words)
        normal = math.sqrt(-2 * math.log(a)) * math.cos(2 * math.pi * b)
        v = (1 + normal / math.sqrt(9 * d)) ** 3
        if v > 0 and math.log(u) < normal**2 / 2 + d - d * v + d * math.log(v):
            return d * v if shape >= 1 else d * v * power ** (1 / shape)
    raise AssertionError("unreachable")


class Plain:
    """One draw of a model, played plainly."""

    def __init__(self, inputs: ModelInputs, draw: int) -> None:
        self.inputs, self.draw, self.seed = inputs, draw, inputs.seed
        self.ends = [(month - inputs.origin).days for month in inputs.months]
        self.learnt: dict[tuple[int, int, int, int], tuple[list[float], list[float]]] = {}

    def play(self) -> list[Life]:
        """Every child who is ever in care."""
        lives = [*self._present(), *self._arrivals(0), *self._arrivals(1)]
        for life in lives:
            self._live(life)
        return lives

    def _words(self, first: int, second: int, fourth: int) -> tuple[int, int, int, int]:
        return random_words((first, second, self.draw, fourth), self.seed)

    def _month(self, time: float) -> int:
        """The month a moment falls in, its last day included, the origin's moment in the first."""
        return max(bisect.bisect_left(self.ends, time), 1)

    def _rates(self, cell: tuple[int, int, int, int], month: int) -> tuple[list[float], list[float]]:
        """Rates a day of leaving by each way and of moving to each setting, in a cell and month."""
        pathways, effects, row = self.inputs.pathways, self.inputs.effects, month - 1
        _, _, band, setting = cell
        if cell not in self.learnt:
            number = int(np.ravel_multi_index(cell, pathways.days.shape))
            shapes = [*pathways.leave[cell], *pathways.move[cell]]
            drawn = [gamma_number(shape, (one, number, self.draw), self.seed) for one, shape in enumerate(shapes)]
            rates = [number / float(pathways.days[cell]) for number in drawn]
            self.learnt[cell] = rates[: len(WAYS_OUT)], rates[len(WAYS_OUT) :]
        leave, move = self.learnt[cell]
        leaving = [
            rate * effects.leave[row, band, setting, way] * self.inputs.leave_drift[self.draw, row]
            + effects.leave_added[row, band, setting, way]
            for way, rate in enumerate(leave)
        ]
        moving = [
            rate * effects.move[row, band, setting, to] * self.inputs.move_drift[self.draw, row, to]
            + effects.move_added[row, band, setting, to]
            if to != setting
            else 0.0
            for to, rate in enumerate(move)
        ]
        return [max(rate, 0.0) for rate in leaving], [max(rate, 0.0) for rate in moving]

    def _placed(self, month: int, setting: int, word: int) -> int:
        """Where a child about to be placed in a setting is placed."""
        chances = self.inputs.effects.divert[month - 1, setting].copy()
        chances[setting] = 0.0
        to = int(np.searchsorted(np.cumsum(chances), between_0_and_1(word), side="right"))
        return to if to < len(SETTINGS) else setting

    def _present(self) -> Iterator[Life]:
        present = self.inputs.present
        for child, setting in enumerate(present.setting):
            began, birthdays = -float(present.days_in_care[child]), [float(day) for day in present.birthdays[child]]
            yield Life(
                0.0, birthdays, int(setting), bool(present.unaccompanied[child]), began, True, (0, child, 1 << 20)
            )

    def _arrivals(self, group: int) -> Iterator[Life]:
        past = (self.inputs.entrants, self.inputs.entrants_unaccompanied)[group]
        starts = (self.inputs.starts, self.inputs.starts_unaccompanied)[group][self.draw]
        for month, children in enumerate(starts, start=1):
            expected = children / past.children_a_household
            for layer in range(self._layers(month, group)):
                yield from self._layer((month, layer, group), expected, past)

    def _drawn_as(self, past: Entrants, which: int, key: tuple[int, int, int]) -> int:
        """Which past arrival a household is drawn as, by the pull of its first child's setting."""
        number, month, purpose = key
        pulls = self.inputs.move_drift[self.draw, month - 1]
        household, strongest = which * past.households // 2**32, pulls.max()
        for attempt in range(1, 32):
            keep, another, _, _ = self._words(attempt, number, purpose)
            pull = pulls[past.setting[past.first[household]]]
            if strongest == 0 or between_0_and_1(keep) <= pull / strongest:
                return household
            household = another * past.households // 2**32
        return household

    def _layers(self, month: int, group: int) -> int:
        effects = self.inputs.effects
        highest = (effects.entry[month - 1].max(), effects.entry_unaccompanied[month - 1])[group]
        return max(math.ceil(float(highest)), 1)

    def _layer(self, at: tuple[int, int, int], expected: float, past: Entrants) -> Iterator[Life]:
        """The children of one layer of one month's households: see docs/decisions/0014-simulation.md."""
        month, layer, group = at
        start, days, reached = self.ends[month - 1], self.ends[month] - self.ends[month - 1], 0.0
        for number in itertools.count():
            gap, day, which, height = self._words(0, number, ((2 + group) << 20) + (layer << 8) + month)
            reached += -math.log(between_0_and_1(gap))
            if reached > expected:
                return
            household = self._drawn_as(past, which, (number, month, ((2 + group) << 20) + (layer << 8) + month))
            children = range(int(past.first[household]), int(past.first[household + 1]))
            factors = [self.inputs.effects.entry[month - 1, *self._kind(past, child)] for child in children]
            factor = self.inputs.effects.entry_unaccompanied[month - 1] if group else sum(factors) / len(factors)
            if layer + between_0_and_1(height) < factor:
                time = start + days * between_0_and_1(day)
                for sibling, child in enumerate(children):
                    key = (sibling << 20, number, ((4 + group) << 20) + (layer << 8) + month)
                    setting = self._placed(month, int(past.setting[child]), self._words(*key)[1])
                    left = [age * DAYS_IN_YEAR - float(past.age_days[child]) for age in BIRTHDAYS]
                    yield Life(time, [time + days for days in left], setting, bool(group), time, False, key)

    def _kind(self, past: Entrants, child: int) -> tuple[int, int]:
        band = sum(past.age_days[child] >= age * DAYS_IN_YEAR for age in BIRTHDAYS[:-1])
        return int(band), int(past.need[child])

    def _live(self, life: Life) -> None:
        """Follow one child, piece by piece of time in which nothing about its rates changes."""
        first, number, purpose = life.key
        time, setting, step, here = life.met, life.setting, first, life.met
        budget = -math.log(between_0_and_1(self._words(step, number, purpose)[2]))
        edges = self.inputs.pathways.duration_edges
        while time < life.birthdays[-1] and time < self.ends[-1]:
            band = sum(day <= time for day in life.birthdays[:-1])
            duration = sum(life.began + edge <= time for edge in edges)
            month = bisect.bisect_right(self.ends, time)
            changes = [*life.birthdays, *(life.began + edge for edge in edges), self.ends[month]]
            until = min(change for change in changes if change > time)
            leaving, moving = self._rates((int(life.unaccompanied), duration, band, setting), month)
            total = sum(leaving) + sum(moving)
            if total * (until - time) < budget:
                budget, time = budget - total * (until - time), until
                continue
            time += budget / total
            step += 1
            choice, diverted, wait, _ = self._words(step, number, purpose)
            budget = -math.log(between_0_and_1(wait))
            which = int(np.searchsorted(np.cumsum([*leaving, *moving]), between_0_and_1(choice) * total, side="right"))
            if which < len(WAYS_OUT):
                life.spells.append(Spell(here, time, setting, which))
                return
            to = self._placed(month, which - len(WAYS_OUT), diverted)
            if to != setting:
                life.spells.append(Spell(here, time, setting))
                setting, here = to, time
        if life.birthdays[-1] <= self.ends[-1]:
            life.spells.append(Spell(here, max(life.birthdays[-1], here), setting, TURNED_18))
        else:
            life.spells.append(Spell(here, math.inf, setting))


def play_plainly(inputs: ModelInputs) -> Tally:
    """What `simulate` counts, counted from every child's spells."""
    tally = blank_tally(inputs.draws, len(inputs.months), Kinds(np.int64, np.int64, np.float64))
    for draw in range(inputs.draws):
        plain = Plain(inputs, draw)
        for life in plain.play():
            _count(plain, life, tally)
    return tally


def _count(plain: Plain, life: Life, tally: Tally) -> None:
    """Add one child to the tally of its draw: flows by when they happened, stock and days month by month."""
    draw, ends = plain.draw, plain.ends
    if not life.present:
        tally.starts[draw, plain._month(life.met), life.spells[0].setting] += 1
    for before, after in itertools.pairwise(life.spells):
        tally.moves_out[draw, plain._month(before.end), before.setting] += 1
        tally.moves_in[draw, plain._month(before.end), after.setting] += 1
    last = life.spells[-1]
    if last.way is not None:
        tally.ceases[draw, plain._month(last.end), last.setting] += 1
        tally.ways_out[draw, plain._month(last.end), last.way] += 1
    for month, end in enumerate(ends):
        for spell in life.spells:
            outturn = month == 0 and life.present and spell is life.spells[0]
            if outturn or spell.start <= end < spell.end:
                band = min(sum(day <= end for day in life.birthdays), len(AGE_BANDS) - 1)
                tally.stock[draw, month, band, spell.setting] += 1
                tally.unaccompanied[draw, month] += life.unaccompanied
            if month and (days := min(spell.end, end) - max(spell.start, ends[month - 1])) > 0:
                tally.child_days[draw, month, spell.setting] += days
                tally.child_days_present[draw, month, spell.setting] += days * life.present
