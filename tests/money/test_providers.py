"""How many providers stand behind a sum: own services apart, several homes of one provider once, a giant alone."""

from __future__ import annotations

import pandas as pd
from money_builders import a_payment, make_payments

from cip_analysis.money.basis.providers import count_providers, paid_by_setting, with_providers


def paid(*rows: dict[str, object]):
    return make_payments([a_payment(child=str(number), **row) for number, row in enumerate(rows)])


def behind(*rows: dict[str, object]):
    return count_providers(paid_by_setting(paid(*rows)), []).iloc[0]


def test_by_hand_sixty_and_forty_are_two_providers_and_ninety_and_ten_are_one():
    assert behind({"provider": "One", "amount_gbp": 60.0}, {"provider": "Two", "amount_gbp": 40.0}) == 2
    giant = [{"provider": "One", "amount_gbp": 45.0}] * 2
    assert behind(*giant, {"provider": "Two", "amount_gbp": 10.0}) == 1


def test_one_child_who_takes_nearly_all_of_a_sum_makes_it_as_good_as_one():
    assert behind({"provider": "One", "amount_gbp": 90.0}, {"provider": "Two", "amount_gbp": 10.0}) == 1


def test_the_homes_of_one_provider_are_one_provider_however_its_name_is_typed():
    homes = [{"provider": name, "provider_urn": urn} for name, urn in (("Hill Care", "SC1"), ("HILL CARE ", "SC2"))]
    assert behind(*homes) == 1


def test_own_carers_are_no_provider_and_a_payment_without_a_name_is_none():
    assert pd.isna(behind({"setting": "kinship"}, {"setting": "in-house foster"}))
    assert pd.isna(behind(*[{"provider": "", "provider_urn": ""}] * 2))
    assert behind({"setting": "kinship"}, {"provider": "One"}, {"provider": "Two"}) == 2


def test_each_row_of_a_table_is_given_the_providers_of_its_year_and_setting_and_all_of_all():
    payments = paid(
        {"provider": "One"}, {"provider": "Two", "setting": "16+ supported"}, {"provider": "Three", "match": "no stay"}
    )
    settings = ["external residential", "16+ supported", "not matched to a stay", "all", "kinship"]
    table = pd.DataFrame({"setting": settings})
    counted = with_providers(table, payments, 2018)["providers"]
    assert counted.astype("float64").fillna(-1).tolist() == [1, 1, 1, 3, -1]
    years = with_providers(pd.DataFrame({"financial_year": [2017, 2018]}), payments)
    assert years["providers"].isna().tolist() == [True, False]
