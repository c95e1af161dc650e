"""One bad row never stops a load: each kind of damage is said clearly, and everyone else comes out the same."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from returns.damage import DAMAGES, Damage, healthy

from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import Episodes
from cip_analysis.returns.checks import check_returns
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.ssda903 import ReturnError, read_returns

PROVENANCE = ["file", "row", "household", "period", "uasc"]
SECRETS = re.compile(r"7\d\d431|7\.06E|ZZ[78] [34]QQ|A9\d{11}|\b(?:19|20)\d\d-\d\d-\d\d\b|\b\d{2}/\d{2}/\d{4}\b")


def carry(folder: Path) -> tuple[Episodes, list[str], list[str]]:
    """Read, check and stitch; the episodes, every line that says something, and every message a person may see."""
    returns = read_returns(folder)
    checked = check_returns(returns)
    episodes, treatments = build_episodes(returns)
    findings = returns.findings.join(checked)
    done = returns.treatments.join(treatments)
    return episodes, lines_of(findings, done), lines_of(findings, done, all_columns=True)


def lines_of(findings: Findings, treatments: Treatments, *, all_columns: bool = False) -> list[str]:
    said = findings.table if all_columns else findings.table[["rule", "meaning", "where", "next_step"]]
    done = treatments.table if all_columns else treatments.table.query("rows_changed > 0")[["rule", "why"]]
    return [" | ".join(str(cell) for cell in row) for table in (said, done) for row in table.itertuples(index=False)]


@cache
def healthy_episodes(place: Path) -> Episodes:
    return carry(healthy(place))[0]


@pytest.fixture(scope="module")
def well(tmp_path_factory):
    return healthy_episodes(tmp_path_factory.mktemp("healthy"))


def of_others(episodes: Episodes, damage: Damage) -> pd.DataFrame:
    others = episodes.table[~episodes.table["child"].isin(damage.touched)]
    return others.drop(columns=PROVENANCE + sorted(damage.unknown)).reset_index(drop=True)


def test_there_are_at_least_forty_kinds_of_damage_each_with_its_own_name():
    assert len({damage.name for damage in DAMAGES}) == len(DAMAGES) >= 40


def test_the_healthy_folder_has_nothing_wrong_beyond_tables_it_never_had(tmp_path):
    returns = read_returns(healthy(tmp_path))
    assert set(returns.findings.table["rule"]) == {"table missing"}
    assert check_returns(returns).table.empty
    assert returns.treatments.table.empty
    assert returns.years == (2016, 2017, 2018)


@pytest.mark.parametrize("damage", [damage for damage in DAMAGES if not damage.refuses], ids=lambda damage: damage.name)
def test_damage_is_said_and_leaves_everyone_else_as_they_were(damage, well, tmp_path):
    damage.harm(healthy(tmp_path))
    episodes, lines, messages = carry(tmp_path)
    assert any(all(word in line for word in damage.says) for line in lines), "\n".join(lines)
    assert not [message for message in messages if SECRETS.search(message)]
    pd.testing.assert_frame_equal(of_others(episodes, damage), of_others(well, damage))


@pytest.mark.parametrize("damage", [damage for damage in DAMAGES if damage.refuses], ids=lambda damage: damage.name)
def test_a_return_with_nothing_usable_is_refused_in_words(damage, tmp_path):
    damage.harm(healthy(tmp_path))
    with pytest.raises(ReturnError) as refusal:
        read_returns(tmp_path)
    assert all(word in str(refusal.value) for word in damage.says)
    assert not SECRETS.search(str(refusal.value))
    assert len(refusal.value.findings.table)
