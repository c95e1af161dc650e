"""The return's other tables, from the standard's: who the children are, reviews, health, leavers, adoption, spells.

A question of the yearly return (convicted in the year: yes or no) is answered from the events the standard keeps; where
its table is not in the database, nothing is answered. Which question is asked at which age: DfE, guide to the SSDA903.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cip_analysis.codes import EPISODE_CONTINUES, STARTS_A_PERIOD
from cip_analysis.returns.safeguarding.streaming import ByChild, Source, read_whole
from cip_analysis.returns.safeguarding.years import Year, as_return, looked_up, sex_of
from cip_analysis.safeguarding import ASKED_FROM, TABLES

REVIEWS = "ssd_cla_reviews"
ADOPTED = frozenset({"E11", "E12"})
CHECKS = (("TEETH_CHECK", "DENT|TEETH"), ("HEALTH_ASSESSMENT", "ASSESS"), ("HEALTH_CHECK", "DEVELOP|SURVEILL"))
UNACCOMPANIED = "UASC|UNACCOMPANIED"
YES = frozenset({"Y", "1", "T"})


@dataclass(frozen=True, slots=True)
class Others:
    """The standard's tables beside the episodes, with CHILD for whose rows they are.

    held: those the database has. tables: standard's name -> its rows (streaming.read_whole). births: CHILD -> day.
    """

    held: frozenset[str]
    tables: Mapping[str, pd.DataFrame]

    @classmethod
    def read(cls, source: Source) -> Others:
        """Every table that is not read with the episodes."""
        names = [name for name in TABLES if name not in ("ssd_cla_episodes", "ssd_cla_placement", "ssd_legal_status")]
        read = {name: _named(read_whole(source, name)) for name in names if source.has(name)}
        return cls(frozenset(name for name, table in read.items() if len(table)), read)

    def by_child(self) -> Mapping[str, ByChild]:
        """Every table, its rows to be found by child; of reviews, by the period of care they are of."""
        return {name: ByChild(table) for name, table in self.tables.items()}

    def of(self, found: Mapping[str, ByChild], lines: pd.DataFrame, children: frozenset[str]) -> Others:
        """Only these children's rows of what `by_child` finds; of reviews, those of the periods in `lines`."""
        owners = lines[lines["period"].ne("")].drop_duplicates("period").set_index("period")["CHILD"]
        kept = {name: table.rows(children) for name, table in found.items() if name != REVIEWS}
        if REVIEWS in found:
            rows = found[REVIEWS].rows(owners.index)
            kept[REVIEWS] = rows.assign(CHILD=rows["CHILD"].map(owners).astype("str"))
        return Others(self.held, kept)

    def rows(self, name: str) -> pd.DataFrame:
        """A table's rows; none where the database has not the table."""
        if name in self.tables:
            return self.tables[name]
        days = {f"{column} day": pd.Series([], dtype="datetime64[us]") for column in TABLES[name]}
        return pd.DataFrame({column: pd.Series([], dtype="str") for column in ("CHILD", *TABLES[name])}).assign(**days)

    @property
    def leavers(self) -> frozenset[str]:
        """Children with a line of leaving care."""
        return frozenset(self.rows("ssd_care_leavers")["CHILD"])

    @property
    def unaccompanied(self) -> frozenset[str]:
        """Children who are, or were, unaccompanied asylum seekers."""
        rows = self.rows("ssd_immigration_status")
        return frozenset(rows.loc[rows["immi_immigration_status"].str.upper().str.contains(UNACCOMPANIED), "CHILD"])


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with CHILD, whose rows they are; reviews' is their period of care, which alone they name."""
    key = next(column for column in table if str(column).endswith("_person_id") or column == "clar_cla_id")
    return table.rename(columns={key: "CHILD"})


def other_tables(year: Year, others: Others) -> dict[str, pd.DataFrame]:
    """Every table of the year but the episodes, of those the department asked for that year."""
    leavers = _leavers(year, others)
    made = {
        "header": _header(year, others, frozenset(leavers["CHILD"])),
        "uasc": _uasc(year, others),
        "reviews": _reviews(year, others),
        "oc2": _health(year, others),
        "oc3": leavers,
        "ad1": _adoptions(year, others),
        "placed_adoption": _placed(year, others),
        "previous_permanence": _permanence(year, others),
        "missing": _missing(year, others),
        "social_workers": _workers(year, others),
    }
    needs = {
        "uasc": "ssd_immigration_status", "reviews": REVIEWS, "oc3": "ssd_care_leavers",
        "ad1": "ssd_permanence", "placed_adoption": "ssd_permanence", "missing": "ssd_missing",
        "previous_permanence": "ssd_cla_previous_permanence", "social_workers": "ssd_involvements",
    }  # fmt: skip
    asked = {name for name in made if year.number >= ASKED_FROM.get(name, 0)}
    return {
        name: table for name, table in made.items() if name in asked and needs.get(name, "ssd_person") in others.held
    }


def _births(others: Others) -> pd.DataFrame:
    people = others.rows("ssd_person").drop_duplicates("CHILD", keep="last").set_index("CHILD")
    return people[["pers_dob", "pers_dob day", "pers_sex"]]


def _with_births(table: str, others: Others, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """A table of the return with each child's birth date from the person table."""
    dob = looked_up(columns["CHILD"], _births(others)["pers_dob"])
    return as_return(table, {**columns, "DOB": dob})


def _header(year: Year, others: Others, leavers: frozenset[str]) -> pd.DataFrame:
    people = others.rows("ssd_person")
    people = people[people["CHILD"].isin(year.children | leavers)]
    born = others.rows("ssd_mother")
    born = born[born["moth_childs_dob day"] <= year.last].sort_values("moth_childs_dob day").drop_duplicates("CHILD")
    told = looked_up(people["CHILD"], born.set_index("CHILD")["moth_childs_dob"])
    asked = people["pers_sex"].str.strip().str.upper().str.startswith("F") & people["CHILD"].isin(year.in_care)
    asked &= "ssd_mother" in others.tables
    mother = told.ne("").map({True: "1", False: "0"}).where(asked, "")
    return as_return(
        "header",
        {
            "CHILD": people["CHILD"], "SEX": sex_of(people["pers_sex"], year.number), "DOB": people["pers_dob"],
            "ETHNIC": people["pers_ethnicity"], "MOTHER": mother, "MC_DOB": told.where(asked, ""),
        },
    )  # fmt: skip


def _uasc(year: Year, others: Others) -> pd.DataFrame:
    rows = others.rows("ssd_immigration_status")
    rows = rows[rows["CHILD"].isin(others.unaccompanied & year.in_care)]
    ceased = rows["immi_immigration_status_end_date day"]
    rows = rows[ceased.isna() | (ceased >= year.first)]
    sex = looked_up(rows["CHILD"], _births(others)["pers_sex"])
    columns = {"CHILD": rows["CHILD"], "SEX": sex_of(sex, year.number), "DUC": rows["immi_immigration_status_end_date"]}
    return _with_births("uasc", others, columns)


def _reviews(year: Year, others: Others) -> pd.DataFrame:
    rows = others.rows(REVIEWS)
    held = year.holds(rows["clar_cla_review_date day"], rows["clar_cla_review_date"])
    rows = rows[held & rows["CHILD"].isin(year.in_care)]
    columns = {"REVIEW": rows["clar_cla_review_date"], "REVIEW_CODE": rows["clar_cla_review_participation"]}
    return _with_births("reviews", others, {"CHILD": rows["CHILD"], **columns})


def _missing(year: Year, others: Others) -> pd.DataFrame:
    rows = others.rows("ssd_missing")
    rows = rows[year.holds(rows["miss_missing_episode_start_date day"], rows["miss_missing_episode_start_date"])]
    later = rows["miss_missing_episode_end_date day"] > year.last
    columns = {
        "CHILD": rows["CHILD"], "MISSING": rows["miss_missing_episode_type"].str.strip().str[:1],
        "MIS_START": rows["miss_missing_episode_start_date"],
        "MIS_END": rows["miss_missing_episode_end_date"].where(~later, ""),
    }  # fmt: skip
    return _with_births("missing", others, columns)


def _workers(year: Year, others: Others) -> pd.DataFrame:
    rows = others.rows("ssd_involvements")
    start, end = rows["invo_involvement_start_date day"], rows["invo_involvement_end_date day"]
    active = (start <= year.last) & (end.isna() | (end >= year.first))
    active |= start.isna() & rows["invo_involvement_start_date"].ne("") & year.final
    rows = rows[active & rows["CHILD"].isin(year.in_care)]
    over = rows["invo_involvement_end_date day"] <= year.last
    columns = {
        "CHILD": rows["CHILD"], "SW_ID": rows["invo_professional_id"], "SW_DECOM": rows["invo_involvement_start_date"],
        "SW_DEC": rows["invo_involvement_end_date"].where(over, ""), "SW_REASON": rows["invo_worker_change_reason"],
    }  # fmt: skip
    return _with_births("social_workers", others, columns)


# ---- adoption and earlier permanence ----------------------------------------------------------------------------


def _adoptions(year: Year, others: Others) -> pd.DataFrame:
    lines = year.lines
    adopted = frozenset(lines.loc[lines["REC"].str.strip().str.upper().isin(ADOPTED), "CHILD"])
    rows = others.rows("ssd_permanence")
    rows = rows[rows["CHILD"].isin(adopted) & rows["perm_decision_reversed_date"].eq("")]
    rows = rows.sort_values("perm_adm_decision_date day", kind="stable").drop_duplicates("CHILD", keep="last")
    columns = {
        "CHILD": rows["CHILD"], "DATE_INT": rows["perm_adm_decision_date"], "DATE_MATCH": rows["perm_matched_date"],
        "FOSTER_CARE": _as_number(rows["perm_adopted_by_carer_flag"]), "NB_ADOPTR": rows["perm_number_of_adopters"],
        "SEX_ADOPTR": rows["perm_adopter_sex"], "LS_ADOPTR": rows["perm_adopter_legal_status"],
    }  # fmt: skip
    return _with_births("ad1", others, columns)


def _placed(year: Year, others: Others) -> pd.DataFrame:
    rows = others.rows("ssd_permanence")
    decided, reversed_on = rows["perm_adm_decision_date day"], rows["perm_decision_reversed_date day"]
    in_force = (decided <= year.last) & (reversed_on.isna() | (reversed_on >= year.first))
    rows = rows[in_force & rows["CHILD"].isin(year.children)]
    over = rows["perm_decision_reversed_date day"] <= year.last
    columns = {
        "CHILD": rows["CHILD"], "DATE_PLACED": rows["perm_adm_decision_date"],
        "DATE_PLACED_CEASED": rows["perm_decision_reversed_date"].where(over, ""),
        "REASON_PLACED_CEASED": rows["perm_decision_reversed_reason"].where(over, ""),
    }  # fmt: skip
    return _with_births("placed_adoption", others, columns)


def _permanence(year: Year, others: Others) -> pd.DataFrame:
    """Of children who started in the year; as the standard says, for an order's day may be partly unknown there."""
    lines = year.lines
    started = lines["RNE"].str.strip().str.upper().eq(STARTS_A_PERIOD) & lines["start"].between(year.first, year.last)
    rows = others.rows("ssd_cla_previous_permanence")
    rows = rows[rows["CHILD"].isin(lines.loc[started, "CHILD"])]
    columns = {
        "CHILD": rows["CHILD"], "PREV_PERM": rows["lapp_previous_permanence_option"],
        "LA_PERM": rows["lapp_previous_permanence_la"], "DATE_PERM": rows["lapp_previous_permanence_order_date"],
    }  # fmt: skip
    return _with_births("previous_permanence", others, columns)


# ---- health, and leaving care -------------------------------------------------------------------------------------


def _long_in_care(year: Year) -> frozenset[str]:
    """Children looked after the whole year to 31 March, respite apart: those asked of in OC2."""
    lines = year.lines
    came = lines["RNE"].str.strip().str.upper().eq(STARTS_A_PERIOD) & (lines["start"] > year.first)
    went = ~lines["REC"].str.strip().str.upper().isin(["", EPISODE_CONTINUES]) & (lines["ended"] < year.last)
    return year.children - frozenset(lines.loc[came | went | lines["respite"], "CHILD"])


def _health(year: Year, others: Others) -> pd.DataFrame:
    """OC2: only of a year that is over; each question only at the ages it is asked, if its table is there."""
    if (year.last.month, year.last.day) != (3, 31):
        return as_return("oc2", {})
    people = others.rows("ssd_person").drop_duplicates("CHILD", keep="last")
    people = people[people["CHILD"].isin(_long_in_care(year))]
    children, born = people["CHILD"], people["pers_dob day"]
    scores = _last_by(others.rows("ssd_sdq_scores"), "csdq_sdq_completed_date", year, within=True)
    misused = _last_by(others.rows("ssd_cla_substance_misuse"), "clas_substance_misuse_date", year, within=True)
    immune = _last_by(others.rows("ssd_cla_immunisations"), "clai_immunisations_status_date", year, within=False)
    misuse = _whether(children, misused.index, known="ssd_cla_substance_misuse" in others.tables)
    health = _checks(year, others)
    checked = {
        column: _whether(children, health[column], known="ssd_cla_health" in others.tables) for column, _ in CHECKS
    }
    convicted = _last_by(others.rows("ssd_cla_convictions"), "clac_cla_conviction_date", year, within=True).index
    told = _whether(children, convicted, known="ssd_cla_convictions" in others.tables)
    columns = {
        "CHILD": children,
        "SDQ_SCORE": looked_up(children, scores["csdq_sdq_score"]),
        "SDQ_REASON": looked_up(children, scores["csdq_sdq_reason"]),
        "CONVICTED": told.where(born + pd.DateOffset(years=10) <= year.last, ""),
        "IMMUNISATIONS": _as_number(looked_up(children, immune["clai_immunisations_status"])),
        **checked,
        "HEALTH_CHECK": checked["HEALTH_CHECK"].where(born + pd.DateOffset(years=5) > year.last, ""),
        "SUBSTANCE_MISUSE": misuse,
        "INTERVENTION_RECEIVED": _as_number(looked_up(children, misused["clas_intervention_received"])),
    }
    return _with_births("oc2", others, columns)


def _last_by(rows: pd.DataFrame, column: str, year: Year, *, within: bool) -> pd.DataFrame:
    """Each child's last row by the year's end, by child; only those dated in the year, if `within`."""
    day = rows[f"{column} day"]
    kept = rows[(day <= year.last) & ((day >= year.first) if within else True)]
    return kept.sort_values(f"{column} day", kind="stable").drop_duplicates("CHILD", keep="last").set_index("CHILD")


def _checks(year: Year, others: Others) -> dict[str, pd.Index]:
    """Column of OC2 -> the children with such a check in the year."""
    rows = others.rows("ssd_cla_health")
    rows = rows[rows["clah_health_check_date day"].between(year.first, year.last)]
    kind = rows["clah_health_check_type"].str.upper()
    return {column: pd.Index(rows.loc[kind.str.contains(words), "CHILD"].unique()) for column, words in CHECKS}


def _whether(children: pd.Series, those: pd.Index, *, known: bool) -> pd.Series:
    """1 for those, 0 for the others; blank for all where the database has no table that says."""
    return children.isin(those).map({True: "1", False: "0"}) if known else pd.Series("", children.index)


def _as_number(flags: pd.Series) -> pd.Series:
    """Y and N as the return's 1 and 0; a blank stays blank."""
    letter = flags.str.strip().str.upper().str[:1]
    return letter.isin(YES).map({True: "1", False: "0"}).where(letter.ne(""), "")


def _leavers(year: Year, others: Others) -> pd.DataFrame:
    """OC3: a line is of the year of the last contact or plan review it tells; one that tells neither, of the last."""
    rows = others.rows("ssd_care_leavers")
    contact, review = rows["clea_care_leaver_latest_contact day"], rows["clea_pathway_plan_review_date day"]
    day = contact.where(review.isna() | (contact > review), review)
    rows = rows[day.between(year.first, year.last) | (day.isna() & year.final)]
    columns = {
        "CHILD": rows["CHILD"], "IN_TOUCH": rows["clea_care_leaver_in_touch"],
        "ACTIV": rows["clea_care_leaver_activity"], "ACCOM": rows["clea_care_leaver_accommodation"],
    }  # fmt: skip
    return _with_births("oc3", others, columns)
