from __future__ import annotations

import pytest
from builders import ROOT
from contract_builders import TARIFF, a_contract
from pydantic import ValidationError

from cip_analysis.contract_settings import Contract
from cip_analysis.settings import read_settings

CONTRACTS = sorted((ROOT / "config" / "contracts").glob("*.toml"))


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_every_contract_shipped_reads_and_says_who_says_so(path):
    contract = read_settings(path, Contract)
    assert contract.key == path.stem
    assert contract.source and contract.owner
    assert sum(contract.payees.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"funding": {"council": 0.5, "investor": 0.2, "provider": 0.2}}, "come to 0.9, not to 1"),
        ({"funding": {"council": 0.5, "investor": 0.5}}, "provider"),
        ({"funding": {"council": 1.5, "investor": 0, "provider": 0}}, "council"),
        ({"intervention_gbp": (100.0,)}, "intervention_gbp has 1 years, and the contract 3"),
        ({"floor_gbp": 5_000, "cap_gbp": 10_000}, "more than its cap"),
        ({"floor_gbp": 500, "cap_year_gbp": 100}, "above the most it pays in a year"),
        ({"tariffs": ()}, "pays for nothing"),
        ({"tariffs": (TARIFF, TARIFF)}, "more than one tariff"),
        ({"tariffs": ({**TARIFF, "tariff_gbp": -1},)}, "tariff_gbp"),
        ({"tariffs": ({**TARIFF, "deadweight_share": 1.2},)}, "deadweight_share"),
        ({"tariffs": ({**TARIFF, "anyway": {"low": 0, "mid": 0.5, "high": 1.0}},)}, "a share below 1"),
        ({"tariffs": ({**TARIFF, "sustained_weeks": 26},)}, "goes with a sustained step-down"),
        ({"tariffs": ({**TARIFF, "metric": "smiles"},)}, "metric"),
        ({"lag_months": -3}, "lag_months"),
        ({"investor_rate": 1.0}, "investor_rate"),
    ],
)
def test_terms_that_cannot_be_settled_are_refused_in_words(changes, words):
    with pytest.raises(ValidationError, match=words):
        a_contract(**changes)
