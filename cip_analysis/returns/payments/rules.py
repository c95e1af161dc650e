"""What may be wrong with a row of a payments file, in the order it is looked for, and the words councils use in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

IMPLAUSIBLE_WEEKLY_GBP = 30_000
FEE_AGREES_WITHIN, FEE_AGREES_WITHIN_PENCE = 0.05, 1_000
PENCE_IN_A_POUND, A_HUNDREDFOLD = 100, (80, 125)
DAYS_PAST_18 = 61
LONGEST_PERIOD_DAYS = 20 * 366
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("payment", "paid", "invoice", "fee", "actual"), "payment"),
    **dict.fromkeys(("credit note", "credit", "refund", "recovery"), "credit note"),
    **dict.fromkeys(("late", "late payment", "arrears", "backdated"), "late payment"),
    **dict.fromkeys(("accrual", "accrued"), "accrual"),
    **dict.fromkeys(("adjustment", "journal"), "adjustment"),
    **dict.fromkeys(("additional support", "extra support", "one-off", "transport"), "additional support"),
}
PLATFORMS: Mapping[str, str] = {
    **dict.fromkeys(("framework", "on framework", "dps"), "framework"),
    **dict.fromkeys(("spot", "spot purchase", "off framework", "off-framework", "non-framework"), "spot"),
    **dict.fromkeys(("block", "block contract", "cost and volume"), "block"),
    **dict.fromkeys(("in-house", "in house", "own", "internal"), "in-house"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be wrong with a row of payments: its name, how grave, what it means, what to do."""

    name: str
    severity: str
    meaning: str
    next_step: str


KEPT_OUT: tuple[Rule, ...] = (
    Rule("blank row", "note", "every cell read is blank", "Nothing to do."),
    Rule("totals row", "note", "a total or sub-total of other rows", "Nothing to do."),
    Rule("formula without a value", "error", "the amount is a formula whose result was not saved",
         "Open the workbook, let it calculate, save it again."),
    Rule("amount by the week", "error", "the amount is typed as a rate a week, not a sum for the period",
         "Give the sum paid for the period."),
    Rule("no amount", "error", "the amount is blank", "Give the sum paid, or remove the row."),
    Rule("unreadable amount", "error", "the amount has no one reading in pounds and pence",
         "Correct the amount: digits, a point, two decimals."),
    Rule("no start date", "error", "the period has no start date", "Give the first day paid for."),
    Rule("unreadable date", "error", "a date cannot be read day before month, or is not between 1990 and 2099",
         "Correct the date: dd/mm/yyyy."),
    Rule("period runs backwards", "error", "the period ends before it starts", "Correct the dates."),
    Rule("period too long", "error", "the period is longer than twenty years", "Correct the dates."),
    Rule("repeated row", "warning", "the same as an earlier row in every column read",
         "If the money was truly paid twice, give the rows different types or dates."),
)  # fmt: skip
NOTED: tuple[Rule, ...] = (
    Rule("no end date", "warning", "the period has no end, so it is held on its first day",
         "Give the last day paid for."),
    Rule("credit note above nought", "warning", "typed as a credit note, yet the amount is not negative; left as sent",
         "Make credit notes negative."),
    Rule("amount of nought", "note", "nothing was paid for the period", "Nothing to do."),
    Rule("fee not above nought", "warning", "the weekly fee is nought or negative", "Correct the fee."),
    Rule("implausible fee", "warning", f"the weekly fee is above £{IMPLAUSIBLE_WEEKLY_GBP:,}: pence typed for pounds?",
         "Correct the fee."),
    Rule("fee and amount differ", "note",
         "days × weekly fee ÷ 7, less contributions, is more than 5% and £10 from the amount", "Check a few by hand."),
    Rule("unreadable fee", "warning", "the weekly fee has no one reading; left blank", "Correct the fee."),
    Rule("unreadable contribution", "error", "a health or education contribution has no one reading; taken as nought",
         "Correct the contribution."),
    Rule("money typed as text", "note", "money carries signs, commas or words; read, as it has one reading",
         "Nothing to do."),
    Rule("parts of a penny", "note", "a sum of money was typed finer than a penny; rounded to the nearest",
         "Nothing to do."),
    Rule("late payment", "note", "paid late; counted in the year of the days paid for", "Nothing to do."),
    Rule("no child given", "warning", "no child's identifier; kept in the total, matched to nobody",
         "Give the identifier used in the return."),
    Rule("unknown row type", "note", "the row type is none we know; kept as typed", "Tell us what it means."),
    Rule("unknown platform", "note", "the procurement platform is none we know; left blank",
         "Use framework, spot, block or in-house."),
    Rule("unknown setting", "note", "the placement type is none of our settings; kept as typed, until a stay gives it",
         "Nothing to do for rows that meet a stay."),
    Rule("overlapping fees, one provider", "warning",
         "nights an earlier row of the same provider (or of none named) paid for, and no credit note returns; left in; "
         "what the later row paid for them", "Check whether the nights were paid for twice."),
    Rule("overlapping fees, two providers", "warning",
         "nights that a row of another provider paid for too, and no credit note returns; left in; what the later row "
         "paid for them", "Check the day the child moved, and ask for the credit note."),
    Rule("fee typed in pence", "error", "a hundredth of the weekly fee agrees with the amount; left as sent",
         "Correct the fee."),
    Rule("amount typed in pence", "error",
         "a hundredth of the amount agrees with the fee, or with the child's other rows; left in; what it adds",
         "Correct the amount before its year is used."),
    Rule("contributions above the fee", "error",
         "health and education together contribute more than days × weekly fee ÷ 7; left as sent; what is above it",
         "Check the contributions: of the week, or of the period?"),
    Rule("accrual", "note", "set aside before its invoice came, less what was reversed; left in", "Nothing to do."),
    Rule("accrual beside its invoice", "warning",
         "an accrual, not reversed, for nights that an invoice also pays for; both left in, so its £ count twice",
         "Reverse the accrual, or leave it out of the file."),
    Rule("reversal without its accrual", "warning",
         "an accrual reversed that is not in the file; left in, so the total is short of it",
         "Put the accrual in the file, or leave its reversal out."),
    Rule("credited more than paid", "warning",
         "the child's credit notes exceed all that was paid for that child in the year; left in; what is left over",
         "Check the credit notes against the payments they return."),
)  # fmt: skip
AGAINST_STAYS: tuple[Rule, ...] = (
    Rule("paid before birth", "error", "nights before the child's birth, by days; left in",
         "Check the identifier, the dates, and the birth date in the return."),
    Rule("paid after the 18th birthday", "warning",
         "nights more than 61 days after the child's 18th birthday, by days; left in",
         "Move what is paid for care leavers out of the placements file."),
)  # fmt: skip
