"""The Standard Safeguarding Dataset: the tables and columns of it that hold what the statutory return asks for.

Columns it has beside these (names, workers, plans) are never asked of a database. UPNs are among them: nothing here
uses one. Source: Data to Insight, Standard Safeguarding Dataset, data model and its published SQL extracts, version
1.3 (tables, columns and kinds; the sentences are ours). How each column meets the return: docs/database.md.
"""

from __future__ import annotations

from collections.abc import Mapping

TEXT, DAY = "text", "day"
Columns = Mapping[str, str]

TABLES: Mapping[str, Columns] = {
    "ssd_person": {
        "pers_person_id": TEXT, "pers_sex": TEXT, "pers_ethnicity": TEXT, "pers_dob": DAY,
    },
    "ssd_cla_episodes": {
        "clae_cla_episode_id": TEXT, "clae_person_id": TEXT, "clae_cla_placement_id": TEXT,
        "clae_cla_episode_start_date": DAY, "clae_cla_episode_start_reason": TEXT, "clae_cla_primary_need_code": TEXT,
        "clae_cla_episode_ceased_date": DAY, "clae_cla_episode_ceased_reason": TEXT, "clae_cla_id": TEXT,
    },
    "ssd_cla_placement": {
        "clap_cla_placement_id": TEXT, "clap_cla_placement_type": TEXT, "clap_cla_placement_provider": TEXT,
        "clap_cla_placement_urn": TEXT, "clap_cla_placement_postcode": TEXT, "clap_cla_placement_start_date": DAY,
        "clap_cla_placement_end_date": DAY, "clap_cla_placement_change_reason": TEXT,
    },
    "ssd_legal_status": {
        "lega_person_id": TEXT, "lega_legal_status": TEXT, "lega_legal_status_start_date": DAY,
        "lega_legal_status_end_date": DAY,
    },
    "ssd_immigration_status": {
        "immi_person_id": TEXT, "immi_immigration_status": TEXT, "immi_immigration_status_end_date": DAY,
    },
    "ssd_address": {
        "addr_person_id": TEXT, "addr_address_postcode": TEXT, "addr_address_start_date": DAY,
        "addr_address_end_date": DAY,
    },
    "ssd_mother": {"moth_person_id": TEXT, "moth_childs_dob": DAY},
    "ssd_cla_reviews": {
        "clar_cla_id": TEXT, "clar_cla_review_date": DAY, "clar_cla_review_participation": TEXT,
    },
    "ssd_cla_health": {
        "clah_person_id": TEXT, "clah_health_check_type": TEXT, "clah_health_check_date": DAY,
    },
    "ssd_cla_immunisations": {
        "clai_person_id": TEXT, "clai_immunisations_status": TEXT, "clai_immunisations_status_date": DAY,
    },
    "ssd_cla_substance_misuse": {
        "clas_person_id": TEXT, "clas_substance_misuse_date": DAY, "clas_intervention_received": TEXT,
    },
    "ssd_cla_convictions": {"clac_person_id": TEXT, "clac_cla_conviction_date": DAY},
    "ssd_sdq_scores": {
        "csdq_person_id": TEXT, "csdq_sdq_completed_date": DAY, "csdq_sdq_reason": TEXT, "csdq_sdq_score": TEXT,
    },
    "ssd_care_leavers": {
        "clea_person_id": TEXT, "clea_care_leaver_in_touch": TEXT, "clea_care_leaver_latest_contact": DAY,
        "clea_care_leaver_accommodation": TEXT, "clea_care_leaver_activity": TEXT,
        "clea_pathway_plan_review_date": DAY,
    },
    "ssd_permanence": {
        "perm_person_id": TEXT, "perm_adm_decision_date": DAY, "perm_matched_date": DAY,
        "perm_adopted_by_carer_flag": TEXT, "perm_decision_reversed_date": DAY, "perm_decision_reversed_reason": TEXT,
        "perm_adopter_sex": TEXT, "perm_adopter_legal_status": TEXT, "perm_number_of_adopters": TEXT,
    },
    "ssd_cla_previous_permanence": {
        "lapp_person_id": TEXT, "lapp_previous_permanence_order_date": TEXT, "lapp_previous_permanence_option": TEXT,
        "lapp_previous_permanence_la": TEXT,
    },
    "ssd_missing": {
        "miss_person_id": TEXT, "miss_missing_episode_type": TEXT, "miss_missing_episode_start_date": DAY,
        "miss_missing_episode_end_date": DAY,
    },
    "ssd_involvements": {
        "invo_person_id": TEXT, "invo_professional_id": TEXT, "invo_involvement_start_date": DAY,
        "invo_involvement_end_date": DAY, "invo_worker_change_reason": TEXT,
    },
}  # fmt: skip
"""Table -> column -> whether it holds text or a day. A day may be kept with its time, which is not read."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "ssd_person": ("pers_person_id", "pers_dob"),
    "ssd_cla_episodes": (
        "clae_person_id", "clae_cla_placement_id", "clae_cla_episode_start_date", "clae_cla_episode_start_reason",
        "clae_cla_episode_ceased_date", "clae_cla_episode_ceased_reason",
    ),
    "ssd_cla_placement": ("clap_cla_placement_id", "clap_cla_placement_type", "clap_cla_placement_provider"),
    "ssd_legal_status": ("lega_person_id", "lega_legal_status", "lega_legal_status_start_date"),
}  # fmt: skip
"""The tables without which there is nothing to count, and the columns each must have. Others may be lacking."""

MARK_TABLE = "cip_synthetic"
"""A table of this name beside the others says that every child in them is invented."""

YEARS_KEPT = 6
"""Whole years the standard keeps of children no longer known to the council."""

ASKED_FROM: Mapping[str, int] = {"missing": 2015, "previous_permanence": 2017, "social_workers": 2024}
"""Table of the return -> the first collection year (ending 31 March) that asked for it. Others: always."""

LETTERS_FROM = 2025
"""The first collection year in which sex is a letter (M, F, U) and no longer a number (1, 2)."""

CODES_THEN: tuple[tuple[int, Mapping[str, str]], ...] = (
    (2015, {"U1": "Q1", "U2": "Q1", "U3": "Q1", "U4": "Q2", "U5": "Q2", "U6": "Q2"}),
    (2023, {"K3": "H5"}),
    (2025, {"Z11": "Z1", "Z12": "Z1", "Z13": "Z1", "Z14": "Z1"}),
)
"""Last collection year -> what codes of placement that came after it were until then: a database keeps the latest."""
