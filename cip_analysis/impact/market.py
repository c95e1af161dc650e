"""The market that care is bought in: the door to who supplies, how concentrated that is, and what prices differ by.

    bought = bought_lines(payments, episodes, 2014, 2018)
    buy_table(bought, ["financial_year", "setting", "bought_how"])
    concentrate(bought); rank_bands(bought); lines = like_lines(...); disperse(lines, settings); leak(bought, lines)

Choices: docs/decisions/0034-market-and-bidders.md.
"""

from cip_analysis.impact.supply.bought import bought_lines, buy_table, name_suppliers
from cip_analysis.impact.supply.concentration import band_of, concentrate, herfindahl, rank_bands
from cip_analysis.impact.supply.prices import disperse, leak, like_lines

__all__ = [
    "band_of", "bought_lines", "buy_table", "concentrate", "disperse", "herfindahl", "leak", "like_lines",
    "name_suppliers", "rank_bands",
]  # fmt: skip
