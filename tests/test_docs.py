"""The documents say what the code does: columns and settings keys are in the dictionary, links lead somewhere."""

from __future__ import annotations

import re

import pytest
from builders import ROOT

from cip_analysis import (
    bidder_settings,
    budget_settings,
    codes,
    contract_settings,
    ledgers,
    records,
    region_settings,
    savings_settings,
    scenario_settings,
    settings,
    source_settings,
)
from cip_analysis import equality_settings as equality
from cip_analysis import evaluation_settings as evaluations
from cip_analysis import work_package_settings as packages
from cip_analysis.impact import claims
from cip_analysis.publish.report import glossary, register
from cip_analysis.returns.fetching import vintages

DICTIONARY = (ROOT / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`\[*([a-z_0-9]+)\]*`", DICTIONARY))
CONTRACTS = {name: held for name, held in {**vars(ledgers), **vars(records)}.items() if name.endswith("_COLUMNS")}
MODELS = [
    evaluations.EvaluationPlan, evaluations.LeftOut, evaluations.Register, evaluations.Entry,
    settings.Home, settings.Capacity, settings.PaymentColumns, settings.Council, settings.Run,
    source_settings.Source, source_settings.Sources, vintages.Vintage,
    settings.Judgement, settings.Disclosure, settings.Conventions, settings.Signature,
    settings.Pack, claims.Claim, claims.Claims, scenario_settings.Scenario, budget_settings.Budget,
    budget_settings.BudgetLine,
    savings_settings.Claim, savings_settings.Delivered, savings_settings.PriceLever, savings_settings.Savings,
    savings_settings.Target, register.ReportWords, register.Recommendation, register.Risk, register.Step,
    glossary.Glossary, glossary.Term,
    bidder_settings.Bid, bidder_settings.Scored, bidder_settings.Limits, bidder_settings.Standing,
    bidder_settings.Evaluation, bidder_settings.Bids,
    packages.WorkPackage, packages.Option, packages.Cohort, packages.Capital, packages.Revenue, packages.Homes,
    packages.Block, packages.Shares, packages.Range, packages.Risk, packages.Outcome, packages.AppraisalRules,
    packages.DiscountBand, packages.Bias, contract_settings.Contract, contract_settings.Tariff,
    contract_settings.Funding, region_settings.Region, region_settings.Joined,
    equality.EqualityFile, equality.Group, equality.Action, equality.Views, equality.Theme,
    *(kind for kind in vars(scenario_settings).values() if isinstance(kind, type) and kind.__name__.endswith("Lever")),
]  # fmt: skip
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").glob("*.md"),
    ]
)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_column_a_record_carries_is_in_the_data_dictionary(contract):
    assert CONTRACTS[contract].keys() - WORDS == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_settings_key_is_in_the_data_dictionary(model):
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert keys - WORDS - {"disclosure"} == set()


def test_the_dictionary_names_no_setting_that_is_gone():
    settings_listed = re.findall(r"^\| ([a-z0-9+ -]+) \| [^|]*\| (?:PR|any|not the|the council)", DICTIONARY, re.M)
    assert set(settings_listed) == set(codes.SETTINGS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_documents_leads_to_a_file(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
