"""Small builders for outcomes contracts: three years, £1,000 a care day's unit, all put up by the investor."""

from __future__ import annotations

from datetime import date

from cip_analysis.contract_settings import Contract

TARIFF = {"metric": "care days avoided", "tariff_gbp": 1_000.0, "deadweight_share": 0.2, "unpaid_a_year": 2.0,
          "anyway": {"low": 0.0, "mid": 0.2, "high": 0.4}}  # fmt: skip


def a_contract(**changes: object) -> Contract:
    """Three years from 2018/19 at £5,000 a year of work, with `changes`."""
    told = {
        "key": "contract", "title": "A contract", "first_year": 2019, "years": 3, "tariffs": (TARIFF,),
        "intervention_gbp": (5_000.0,) * 3, "funding": {"council": 0, "investor": 1, "provider": 0},
        "cap_gbp": 1_000_000.0, "investor_rate": 0.07, "fee_gbp": 5_000.0, "source": "invented", "owner": "nobody",
        "as_of": date(2018, 7, 6),
    }  # fmt: skip
    return Contract.model_validate({**told, **changes})
