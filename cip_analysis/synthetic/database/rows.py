"""The invented county's returns as one continuous record: the rows of the Standard Safeguarding Dataset.

A return says each 31 March what was known; a database knows how it went on. So the last return to tell of a line, a
child or an event is the one that stands, and what several years repeat is here once.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cip_analysis.safeguarding import DAY, TABLES

DAY_FIRST = "%d/%m/%Y"
LETTERS = {"1": "M", "2": "F"}
FLAGS = {"1": "Y", "0": "N", "": ""}
SAME_PLACEMENT = "L"
CHECKS = {
    "HEALTH_CHECK": "Developmental check",
    "TEETH_CHECK": "Dental check",
    "HEALTH_ASSESSMENT": "Health Assessment",
}
Years = Mapping[int, Mapping[str, pd.DataFrame]]
"""Collection year -> table of the return -> its rows, all text."""


def by_year(files: Mapping[str, pd.DataFrame]) -> dict[int, dict[str, pd.DataFrame]]:
    """The returns among a county's files ("returns/2018/episodes.csv"), by year and table."""
    years: dict[int, dict[str, pd.DataFrame]] = {}
    for name, table in files.items():
        parts = name.split("/")
        if parts[0] == "returns":
            years.setdefault(int(parts[1]), {})[parts[2].removesuffix(".csv")] = table
    return dict(sorted(years.items()))


def standard_rows(years: Years) -> dict[str, pd.DataFrame]:
    """Every table of safeguarding.TABLES with its rows: text as text, blanks missing, days as days."""
    episodes = _episodes(_all(years, "episodes"))
    tables = {
        "ssd_person": _people(years),
        "ssd_cla_episodes": episodes,
        "ssd_cla_placement": _placements(episodes),
        "ssd_legal_status": _legal(episodes),
        "ssd_immigration_status": _unaccompanied(_all(years, "uasc")),
        "ssd_address": _addresses(episodes),
        "ssd_mother": _mothers(_all(years, "header")),
        "ssd_cla_reviews": _reviews(_all(years, "reviews"), episodes),
        **_health(_all(years, "oc2")),
        "ssd_care_leavers": _leavers(_all(years, "oc3")),
        "ssd_permanence": _permanence(_all(years, "placed_adoption"), _all(years, "ad1")),
        "ssd_cla_previous_permanence": _previous(_all(years, "previous_permanence")),
        "ssd_missing": _missing(_all(years, "missing")),
        "ssd_involvements": _workers(_all(years, "social_workers")),
    }
    return {name: _typed(tables[name], columns) for name, columns in TABLES.items()}


def _all(years: Years, table: str) -> pd.DataFrame:
    """A table of every year, one under another, with `told`: 31 March of the year that tells it."""
    parts = [held[table].assign(told=pd.Timestamp(year, 3, 31)) for year, held in years.items() if table in held]
    if not parts:
        return pd.DataFrame({"CHILD": pd.Series([], dtype="str"), "told": pd.Series([], dtype="datetime64[us]")})
    return pd.concat(parts, ignore_index=True)


def _days(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts.where(texts.ne("")), format=DAY_FIRST).astype("datetime64[us]")


def _typed(rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The rows in the standard's columns."""
    typed = {}
    for column, kind in columns.items():
        values = rows[column] if column in rows else pd.Series("", rows.index, dtype="str")
        if kind == DAY:
            typed[column] = values if pd.api.types.is_datetime64_any_dtype(values) else _days(values)
        else:
            typed[column] = values.astype("str").where(values.notna() & values.ne(""))
    return pd.DataFrame(typed)


def _people(years: Years) -> pd.DataFrame:
    header = _all(years, "header").drop_duplicates("CHILD", keep="last").sort_values("CHILD")
    return pd.DataFrame(
        {
            "pers_person_id": header["CHILD"], "pers_sex": header["SEX"].replace(LETTERS),
            "pers_ethnicity": header["ETHNIC"], "pers_dob": header["DOB"],
        }
    )  # fmt: skip


def _episodes(lines: pd.DataFrame) -> pd.DataFrame:
    """Each line once, as last told, with the numbers of its placement and period and all that others are made from."""
    known = lines.drop_duplicates(["CHILD", "DECOM"], keep="last")
    known = known.assign(start=_days(known["DECOM"]), end=_days(known["DEC"]))
    known = known.sort_values(["CHILD", "start"], ignore_index=True)
    before = known.shift()
    follows = known["CHILD"].eq(before["CHILD"]) & known["start"].eq(before["end"])
    alike = follows & known["RNE"].eq(SAME_PLACEMENT)
    for column in ("PLACE", "PLACE_PROVIDER", "PL_POST", "URN"):
        alike &= known[column].eq(before[column])
    period = (known["RNE"].eq("S") | known["CHILD"].ne(before["CHILD"])).cumsum()
    return known.assign(
        clae_cla_episode_id=[f"E{number:07d}" for number in range(1, len(known) + 1)],
        clae_person_id=known["CHILD"],
        clae_cla_placement_id=[f"P{number:07d}" for number in (~alike).cumsum()],
        clae_cla_episode_start_date=known["start"],
        clae_cla_episode_start_reason=known["RNE"],
        clae_cla_primary_need_code=known["CIN"],
        clae_cla_episode_ceased_date=known["end"],
        clae_cla_episode_ceased_reason=known["REC"],
        clae_cla_id=[f"C{number:07d}" for number in period],
    )


def _placements(episodes: pd.DataFrame) -> pd.DataFrame:
    placed = episodes.groupby("clae_cla_placement_id", sort=False)
    first, last = placed.first(), placed.last()
    return pd.DataFrame(
        {
            "clap_cla_placement_id": first.index, "clap_cla_placement_type": first["PLACE"].array,
            "clap_cla_placement_provider": first["PLACE_PROVIDER"].array, "clap_cla_placement_urn": first["URN"].array,
            "clap_cla_placement_postcode": first["PL_POST"].array,
            "clap_cla_placement_start_date": first["start"].array,
            "clap_cla_placement_end_date": placed["end"].agg(lambda ends: ends.iloc[-1]).array,
            "clap_cla_placement_change_reason": last["REASON_PLACE_CHANGE"].array,
        }
    )  # fmt: skip


def _legal(episodes: pd.DataFrame) -> pd.DataFrame:
    """Each spell under one legal status, from line to line of a child."""
    before = episodes.shift()
    goes_on = episodes["CHILD"].eq(before["CHILD"]) & episodes["start"].eq(before["end"])
    spell = (~(goes_on & episodes["LS"].eq(before["LS"]))).cumsum()
    spells = episodes.groupby(spell)
    first = spells.first()
    return pd.DataFrame(
        {
            "lega_person_id": first["CHILD"], "lega_legal_status": first["LS"],
            "lega_legal_status_start_date": first["start"],
            "lega_legal_status_end_date": spells["end"].agg(lambda ends: ends.iloc[-1]),
        }
    )  # fmt: skip


def _addresses(episodes: pd.DataFrame) -> pd.DataFrame:
    """The home each child left, since before any record began."""
    known = episodes[episodes["HOME_POST"].ne("")].drop_duplicates("CHILD", keep="last")
    return pd.DataFrame({"addr_person_id": known["CHILD"], "addr_address_postcode": known["HOME_POST"]})


def _unaccompanied(rows: pd.DataFrame) -> pd.DataFrame:
    once = rows.drop_duplicates("CHILD", keep="last")
    return pd.DataFrame(
        {"immi_person_id": once["CHILD"], "immi_immigration_status_end_date": once.get("DUC", "")}
    ).assign(immi_immigration_status="UASC")


def _mothers(header: pd.DataFrame) -> pd.DataFrame:
    once = header[header["MC_DOB"].ne("")].drop_duplicates("CHILD", keep="last")
    return pd.DataFrame({"moth_person_id": once["CHILD"], "moth_childs_dob": once["MC_DOB"]})


def _reviews(rows: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Each review under the child's last period of care that had begun."""
    held = rows.drop_duplicates(["CHILD", "REVIEW"], keep="last").assign(day=lambda table: _days(table["REVIEW"]))
    periods = episodes.drop_duplicates("clae_cla_id")[["CHILD", "start", "clae_cla_id"]].sort_values("start")
    met = pd.merge_asof(held.sort_values("day"), periods, left_on="day", right_on="start", by="CHILD")
    return pd.DataFrame(
        {
            "clar_cla_id": met["clae_cla_id"], "clar_cla_review_date": met["day"],
            "clar_cla_review_participation": met["REVIEW_CODE"],
        }
    )  # fmt: skip


def _health(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The yearly answers as events, each on the 31 March that tells it."""
    blank = pd.Series("", rows.index, dtype="str")
    answer = {column: rows.get(column, blank) for column in ("CONVICTED", "SDQ_SCORE", "SDQ_REASON", "IMMUNISATIONS",
              "SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", *CHECKS)}  # fmt: skip
    child, told = rows["CHILD"], rows["told"]
    checks = [
        pd.DataFrame(
            {"clah_person_id": child[yes], "clah_health_check_date": told[yes], "clah_health_check_type": kind}
        )
        for column, kind in CHECKS.items()
        if (yes := answer[column].eq("1")).any()
    ]
    scored = answer["SDQ_SCORE"].ne("") | answer["SDQ_REASON"].ne("")
    immune, misused = answer["IMMUNISATIONS"].ne(""), answer["SUBSTANCE_MISUSE"].eq("1")
    convicted = answer["CONVICTED"].eq("1")
    return {
        "ssd_cla_health": pd.concat(checks) if checks else pd.DataFrame(),
        "ssd_cla_convictions": pd.DataFrame(
            {"clac_person_id": child[convicted], "clac_cla_conviction_date": told[convicted]}
        ),
        "ssd_sdq_scores": pd.DataFrame(
            {
                "csdq_person_id": child[scored], "csdq_sdq_completed_date": told[scored],
                "csdq_sdq_reason": answer["SDQ_REASON"][scored], "csdq_sdq_score": answer["SDQ_SCORE"][scored],
            }
        ),
        "ssd_cla_immunisations": pd.DataFrame(
            {
                "clai_person_id": child[immune], "clai_immunisations_status_date": told[immune],
                "clai_immunisations_status": answer["IMMUNISATIONS"][immune].map(FLAGS),
            }
        ),
        "ssd_cla_substance_misuse": pd.DataFrame(
            {
                "clas_person_id": child[misused], "clas_substance_misuse_date": told[misused],
                "clas_intervention_received": answer["INTERVENTION_RECEIVED"][misused].map(FLAGS),
            }
        ),
    }  # fmt: skip


def _leavers(rows: pd.DataFrame) -> pd.DataFrame:
    """What each return told, as of its 31 March: the day of contact for those in touch, of plan review for all."""
    touch = rows.get("IN_TOUCH", pd.Series("", rows.index, dtype="str"))
    return pd.DataFrame(
        {
            "clea_person_id": rows["CHILD"], "clea_care_leaver_in_touch": touch,
            "clea_care_leaver_latest_contact": rows["told"].where(touch.eq("YES")),
            "clea_care_leaver_accommodation": rows.get("ACCOM", ""), "clea_care_leaver_activity": rows.get("ACTIV", ""),
            "clea_pathway_plan_review_date": rows["told"],
        }
    )  # fmt: skip


def _permanence(placed: pd.DataFrame, adopted: pd.DataFrame) -> pd.DataFrame:
    """Each decision once, as last told, with the adoption that came of it."""
    once = placed.drop_duplicates(["CHILD", "DATE_PLACED"], keep="last")
    keys = ["CHILD", "DATE_PLACED"]
    both = once.merge(adopted.rename(columns={"DATE_INT": "DATE_PLACED"}), on=keys, how="outer", suffixes=("", "_ad1"))
    both = both.fillna({name: "" for name in both if both[name].dtype == "str"})
    return pd.DataFrame(
        {
            "perm_person_id": both["CHILD"], "perm_adm_decision_date": both["DATE_PLACED"],
            "perm_matched_date": both["DATE_MATCH"], "perm_adopted_by_carer_flag": both["FOSTER_CARE"].map(FLAGS),
            "perm_decision_reversed_date": both["DATE_PLACED_CEASED"],
            "perm_decision_reversed_reason": both["REASON_PLACED_CEASED"], "perm_adopter_sex": both["SEX_ADOPTR"],
            "perm_adopter_legal_status": both["LS_ADOPTR"], "perm_number_of_adopters": both["NB_ADOPTR"],
        }
    )  # fmt: skip


def _previous(rows: pd.DataFrame) -> pd.DataFrame:
    once = rows.drop_duplicates("CHILD", keep="last")
    return pd.DataFrame(
        {
            "lapp_person_id": once["CHILD"], "lapp_previous_permanence_option": once.get("PREV_PERM", ""),
            "lapp_previous_permanence_la": once.get("LA_PERM", ""),
            "lapp_previous_permanence_order_date": once.get("DATE_PERM", ""),
        }
    )  # fmt: skip


def _missing(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "miss_person_id": rows["CHILD"], "miss_missing_episode_type": rows.get("MISSING", ""),
            "miss_missing_episode_start_date": rows.get("MIS_START", ""),
            "miss_missing_episode_end_date": rows.get("MIS_END", ""),
        }
    )  # fmt: skip


def _workers(rows: pd.DataFrame) -> pd.DataFrame:
    once = rows.drop_duplicates(["CHILD", "SW_ID", "SW_DECOM"], keep="last") if "SW_ID" in rows else rows
    return pd.DataFrame(
        {
            "invo_person_id": once["CHILD"], "invo_professional_id": once.get("SW_ID", ""),
            "invo_involvement_start_date": once.get("SW_DECOM", ""),
            "invo_involvement_end_date": once.get("SW_DEC", ""),
            "invo_worker_change_reason": once.get("SW_REASON", ""),
        }
    )  # fmt: skip
