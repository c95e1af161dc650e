"""Children played forward one by one in continuous time, compiled: the inside of `demand.simulate`.

Time is in days from the end of the origin's day. A month covers (its start, its end], so what falls on its last day is
counted in it. Between two events a child uses up a budget of unit-exponential length at the rates it meets, so only
events need chance, and that is looked up by key (see `chance`). Months run from 1; row m - 1 of an array by month
belongs to month m. `plain` does the same. One module, because the cache on disk notices a change of this file only.
"""

from __future__ import annotations

import math

from cip_analysis.demand.inputs import BIRTHDAYS, DAYS_IN_YEAR
from cip_analysis.demand.simulation.chance import ARRIVALS, HOUSEHOLDS, PRESENT, Array, gamma, philox, uniform
from cip_analysis.demand.simulation.compiling import compiled, compiled_apart
from cip_analysis.demand.simulation.tables import Arrived, Child, Future, Levels, Model, Scratch, Tally

WAYS, PLACES, BANDS = 8, 11, 5
TURNED_18 = WAYS - 1
MOST_DRAWN = 32  # past arrivals, of whom the last is kept whatever its setting's pull


@compiled
def rate_of(model: Model, future: Future, cell: int, month: int, one: int) -> float:
    """A rate a day in a cell and month: of leaving by a way out, or from WAYS on of moving to a setting."""
    band, setting, row = cell // PLACES % BANDS, cell % PLACES, month - 1
    rate, drift = future.rates[cell, one], future.drift[max(one - WAYS + 1, 0), row]
    if not model.altered[row, band, setting]:
        return float(rate * drift)
    rate = rate * model.factor[row, band, setting, one] * drift
    return float(max(rate + model.added[row, band, setting, one], 0.0))


@compiled
def what_happens(model: Model, future: Future, cell: int, month: int, word: int) -> int:
    """Which of the rates of a cell and month a word falls on; never one of nought."""
    total = (future.hazard[cell, month] - future.hazard[cell, month - 1]) * model.a_day[month]
    left, last = uniform(word) * total, 0
    for one in range(WAYS + PLACES):
        rate = rate_of(model, future, cell, month, one)
        if rate > 0.0:
            last = one
            left -= rate
            if left < 0.0:
                break
    return last


@compiled
def accumulate(model: Model, future: Future, cell: int) -> None:
    """Add up a cell's hazard to the end of each month: in one sweep a rate, and anew where a scenario alters it."""
    band, setting, months = cell // PLACES % BANDS, cell % PLACES, len(model.month_end)
    for month in range(months):
        future.hazard[cell, month] = 0.0
    for drift in range(PLACES + 1):
        rate = 0.0
        for one in range(WAYS if drift == 0 else 1):
            rate += future.rates[cell, one if drift == 0 else WAYS + drift - 1]
        for month in range(1, months):
            future.hazard[cell, month] += rate * future.drift[drift, month - 1]
    for month in range(1, months):
        rate = future.hazard[cell, month]
        if model.altered[month - 1, band, setting]:
            rate = 0.0
            for one in range(WAYS + PLACES):
                rate += rate_of(model, future, cell, month, one)
        days = model.month_end[month] - model.month_end[month - 1]
        future.hazard[cell, month] = future.hazard[cell, month - 1] + days * rate


@compiled_apart
def learn(model: Model, future: Future, cell: int) -> None:
    """Draw a cell's rates from their posterior, when first met, and add up its hazard."""
    for one in range(WAYS + PLACES):
        drawn = gamma(model.events[cell, one], one, cell, future.draw, model.key)
        future.rates[cell, one] = drawn / model.exposure[cell]
    accumulate(model, future, cell)
    future.known[cell] = True


@compiled
def month_at(model: Model, time: float) -> int:
    """The month a moment falls in; the origin's own moment falls in the first."""
    return int(model.month_of[math.ceil(time)])


@compiled
def hazard_at(model: Model, hazard: Array, time: float) -> float:
    """A cell's hazard added up from the origin to a moment."""
    month = month_at(model, time)
    share = (time - model.month_end[month - 1]) * model.a_day[month]
    return float(hazard[month - 1] + (hazard[month] - hazard[month - 1]) * share)


@compiled
def moment_of(model: Model, hazard: Array, target: float, between: tuple[float, float]) -> float:
    """When a cell's hazard reaches a target, known to lie between two moments: guessed, then put right."""
    low, high = month_at(model, between[0]), month_at(model, between[1])
    share = (target - hazard[low - 1]) / (hazard[high] - hazard[low - 1])
    month = min(max(low + int(share * (high - low + 1)), low), high)
    while month > low and hazard[month - 1] >= target:
        month -= 1
    while month < high and hazard[month] < target:
        month += 1
    start, end = model.month_end[month - 1], model.month_end[month]
    time = start + (end - start) * ((target - hazard[month - 1]) / (hazard[month] - hazard[month - 1]))
    return float(min(max(time, between[0]), between[1]))


@compiled
def placed_in(model: Model, month: int, setting: int, word: int) -> int:
    """Where a child about to be placed in a setting is placed, once diversions are applied."""
    if not model.diverted[month - 1, setting]:
        return setting
    left = uniform(word)
    for to in range(PLACES):
        if to != setting:
            left -= model.divert[month - 1, setting, to]
            if left < 0.0:
                return to
    return setting


@compiled
def turn(model: Model, future: Future, child: Child, band: int, setting: int) -> Child:
    """Count a child from one band and setting to another, at its moment; the child then."""
    month, tally = month_at(model, child.time), future.tally
    tally.stock[month, child.band, child.setting] -= 1
    tally.stock[month, band, setting] += 1
    if setting != child.setting:
        tally.moves_out[month, child.setting] += 1
        tally.moves_in[month, setting] += 1
        rest = model.month_end[month] - child.time
        tally.child_days[month, child.setting] -= rest
        tally.child_days[month, setting] += rest
    return Child(
        child.time, child.budget, setting, band, child.duration, child.group, child.began, child.step,
        child.number, child.purpose,
    )  # fmt: skip


@compiled
def leave(model: Model, future: Future, child: Child, way: int) -> Child:
    """Count a child out of care, at its moment; the child, gone."""
    month, tally = month_at(model, child.time), future.tally
    tally.stock[month, child.band, child.setting] -= 1
    tally.ceases[month, child.setting] += 1
    tally.ways_out[month, way] += 1
    tally.unaccompanied[month] -= child.group
    tally.child_days[month, child.setting] -= model.month_end[month] - child.time
    return Child(
        child.time, 0.0, child.setting, BANDS, child.duration, child.group, child.began, child.step,
        child.number, child.purpose,
    )  # fmt: skip


@compiled
def wait(model: Model, future: Future, child: Child, end: float, spent: float) -> Child:
    """A child to whom nothing happened until `end`: a birthday, a band of duration later, or the horizon."""
    birthday = future.birthdays[child.band] <= end
    duration = child.duration if birthday else child.duration + 1
    child = Child(
        end, child.budget - spent, child.setting, child.band, duration, child.group, child.began, child.step,
        child.number, child.purpose,
    )  # fmt: skip
    if not birthday:
        return child
    if child.band == BANDS - 1:
        return leave(model, future, child, TURNED_18)
    return turn(model, future, child, child.band + 1, child.setting)


@compiled
def meet(model: Model, future: Future, child: Child, cell: int, time: float) -> Child:
    """A child to whom something happens at `time`: it leaves, or moves, or is diverted back to where it lives."""
    month, step = month_at(model, time), child.step + 1
    words = philox(step, child.number, future.draw, child.purpose, model.key)
    child = Child(
        time, -math.log(uniform(words[2])), child.setting, child.band, child.duration, child.group, child.began, step,
        child.number, child.purpose,
    )  # fmt: skip
    which = what_happens(model, future, cell, month, words[0])
    if which < WAYS:
        return leave(model, future, child, which)
    to = placed_in(model, month, which - WAYS, words[1])
    return turn(model, future, child, child.band, to) if to != child.setting else child


@compiled
def play(model: Model, future: Future, child: Child) -> None:
    """One child, already counted in, to its leaving care or to the horizon; `future.birthdays` are its own."""
    horizon, durations = model.month_end[-1], len(model.edges)
    while child.band < BANDS:
        cell = ((child.group * durations + child.duration) * BANDS + child.band) * PLACES + child.setting
        if not future.known[cell]:
            learn(model, future, cell)
        hazard = future.hazard[cell]
        end = min(future.birthdays[child.band], child.began + model.edges[child.duration], horizon)
        end = max(end, child.time)
        before = hazard_at(model, hazard, child.time)
        spent = hazard_at(model, hazard, end) - before
        if spent >= child.budget:
            time = moment_of(model, hazard, before + child.budget, (child.time, end))
            child = meet(model, future, child, cell, time)
        elif end >= horizon and future.birthdays[child.band] > end:
            return
        else:
            child = wait(model, future, child, end, spent)


@compiled_apart
def play_present(model: Model, future: Future) -> None:
    """Every child in care at the origin."""
    for number in range(len(model.place)):
        setting, group, began = model.place[number, 0], model.place[number, 1], -model.days_in_care[number]
        band, duration = 0, 0
        for age in range(BANDS):
            future.birthdays[age] = model.birthdays[number, age]
            band += future.birthdays[age] <= 0.0 and age < BANDS - 1
        while began + model.edges[duration] <= 0.0:
            duration += 1
        future.tally.stock[0, band, setting] += 1
        future.tally.unaccompanied[0] += group
        budget = -math.log(uniform(philox(0, number, future.draw, PRESENT << 20, model.key)[2]))
        play(model, future, Child(0.0, budget, setting, band, duration, group, began, 0, number, PRESENT << 20))


@compiled
def arrive(model: Model, future: Future, household: Child, past: Arrived, position: int) -> None:
    """One child of a household that arrives: counted in at the household's moment, then played."""
    time, draw, month = household.time, future.draw, month_at(model, household.time)
    band = 0
    for age in range(BANDS):
        left = BIRTHDAYS[age] * DAYS_IN_YEAR - past.age_days[position]
        future.birthdays[age] = time + left
        band += left <= 0.0 and age < BANDS - 1
    words = philox(household.step, household.number, draw, household.purpose, model.key)
    setting = placed_in(model, month, past.kind[position, 0], words[1])
    tally, group = future.tally, household.group
    tally.stock[month, band, setting] += 1
    tally.starts[month, setting] += 1
    tally.unaccompanied[month] += group
    tally.child_days[month, setting] += model.month_end[month] - time
    budget = -math.log(uniform(words[2]))
    play(
        model, future,
        Child(time, budget, setting, band, 0, group, time, household.step, household.number, household.purpose),
    )  # fmt: skip


@compiled
def welcome(model: Model, past: Arrived, household: int, month: int, group: int) -> float:
    """The factor a scenario puts on a household's arrival: the mean of its children's."""
    if group == 1:
        return float(model.entry_unaccompanied[month - 1])
    total, first, last = 0.0, past.first[household], past.first[household + 1]
    for position in range(first, last):
        total += model.entry[month - 1, past.kind[position, 2], past.kind[position, 1]]
    return float(total / (last - first))


@compiled
def drawn_as(model: Model, future: Future, past: Arrived, key: tuple[int, int, int], word: int) -> int:
    """Which past arrival a household comes as: drawn evenly, and kept by its first child's setting's pull, or again.

    key: the household's number, its month, and what its words are for.
    """
    (number, month, purpose), households = key, len(past.first) - 1
    household = (word * households) >> 32
    for attempt in range(1, MOST_DRAWN):
        pull = future.pull[past.kind[past.first[household], 0], month - 1]
        if pull >= 1.0:
            break
        words = philox(attempt, number, future.draw, purpose, model.key)
        if uniform(words[0]) <= pull:
            break
        household = (words[1] * households) >> 32
    return int(household)


@compiled_apart
def play_arrivals(model: Model, future: Future, group: int, expected: Array) -> None:
    """Every household of one group that arrives, by month.

    Households stand at the points of a Poisson process of one a unit up to the number expected: more expected adds
    to them and moves none. Each has a height in its layer and arrives where that is below its factor: the first layer
    holds everyone who comes without a scenario, and those above it who else comes where entries are raised.
    """
    past = model.unaccompanied if group else model.others
    for month in range(1, len(model.month_end)):
        start, days = model.month_end[month - 1], model.month_end[month] - model.month_end[month - 1]
        for layer in range(model.layers[month - 1, group]):
            where, reached, number = (layer << 8) + month, 0.0, 0
            arriving = ((HOUSEHOLDS + group) << 20) + where
            while True:
                words = philox(0, number, future.draw, arriving, model.key)
                reached -= math.log(uniform(words[0]))
                if reached > expected[month - 1]:
                    break
                household = drawn_as(model, future, past, (number, month, arriving), words[2])
                if layer + uniform(words[3]) < welcome(model, past, household, month, group):
                    time = start + days * uniform(words[1])
                    first = past.first[household]
                    for position in range(first, past.first[household + 1]):
                        step, purpose = (position - first) << 20, ((ARRIVALS + group) << 20) + where
                        child = Child(time, 0.0, 0, 0, 0, group, time, step, number, purpose)
                        arrive(model, future, child, past, position)
                number += 1


@compiled_apart
def days_in_care(model: Model, tally: Tally, into: Array) -> None:
    """Days in care by month and setting: whole months of those there at each start, what arrivals add and exits take.

    `tally.stock` holds changes as yet, and `tally.child_days` what to add.
    """
    for setting in range(PLACES):
        there = 0
        for month in range(1, len(model.month_end)):
            for band in range(BANDS):
                there += tally.stock[month - 1, band, setting]
            days = model.month_end[month] - model.month_end[month - 1]
            into[month, setting] = max(there * days + tally.child_days[month, setting], 0.0)


@compiled_apart
def play_draws(model: Model, levels: Levels, tally: Tally, scratch: Scratch) -> None:
    """Play each draw of `levels` into the same row of `tally`, whose arrays come as noughts."""
    for row in range(len(levels.drift)):
        for cell in range(len(scratch.known)):
            scratch.known[cell] = False
        own = Tally(
            tally.stock[row], tally.starts[row], tally.ceases[row], tally.moves_in[row], tally.moves_out[row],
            tally.ways_out[row], tally.unaccompanied[row], tally.child_days[row], tally.child_days_present[row],
        )  # fmt: skip
        future = Future(
            levels.first + row, levels.drift[row], levels.pull[row], scratch.known, scratch.rates, scratch.hazard,
            scratch.birthdays, own,
        )  # fmt: skip
        play_present(model, future)
        days_in_care(model, own, own.child_days_present)
        for group in range(2):
            play_arrivals(model, future, group, levels.households[row, group])
        days_in_care(model, own, own.child_days)
        for month in range(1, len(model.month_end)):
            own.unaccompanied[month] += own.unaccompanied[month - 1]
            for band in range(BANDS):
                for setting in range(PLACES):
                    own.stock[month, band, setting] += own.stock[month - 1, band, setting]
