"""Where the invented county's homes and placements are said to be: postcodes of public places, where nobody lives.

The statutory rules refuse a postcode that does not exist (392c, 169) and an own placement outside the authority
(1015), so invented postcodes will not do. These are town halls, colleges, hospitals, museums and parks, picked
without regard to any child, carer or home; a place says nothing about where care is really given.
Source: postcodes as the places give them; authority by the ONS postcode directory.
"""

from __future__ import annotations

from collections.abc import Mapping

FEWEST_OWN = 8
PUBLIC_PLACES: Mapping[str, tuple[str, ...]] = {
    "E10000018": (  # Leicestershire
        "LE3 8RA", "LE19 2EP", "LE19 2BX", "LE19 1HY", "LE19 1WL", "LE4 3BU", "LE6 0HE", "LE11 1RW", "LE11 2TX",
        "LE11 3BT", "LE11 3DT", "LE11 3TU", "LE11 5QQ", "LE8 0QF", "LE16 7AG", "LE16 7RA", "LE16 9HB", "LE17 4DY",
        "LE17 4XW", "LE17 6DH", "LE9 7QE", "LE9 9GN", "LE10 0FR", "LE10 0GB", "LE10 1HB", "CV9 3PX", "CV13 0AD",
        "LE13 0RB", "LE13 1DS", "LE13 1GH", "LE14 2LJ", "LE14 3JD", "NG32 1PE", "LE65 1HU", "LE67 3FJ", "LE67 3LN",
        "LE67 3TN", "DE12 6GA", "DE74 2RP", "DE74 2SA", "LE2 4AL", "LE18 2DR", "LE18 2DW",
    ),
    "E06000016": ("LE1 1FZ", "LE1 5WW", "LE1 7RH", "LE1 9BH", "LE3 9QP", "LE5 4PW", "LE4 5NU", "LE1 3PL"),  # Leicester
    "E06000017": ("LE15 6HP", "LE15 8BL"),  # Rutland
    "E06000018": ("NG2 3NG", "NG1 5DT", "NG7 2RD", "NG5 1PB", "NG7 6HW", "NG7 2UH"),  # Nottingham
    "E10000024": ("NG2 7QP", "NG18 1BA", "NG24 1UD", "NG12 2LA"),  # Nottinghamshire
    "E06000015": ("DE1 2FS", "DE22 1GB", "DE22 3NE", "DE24 8XL"),  # Derby
    "E10000007": ("DE4 3AG", "S40 1LF", "DE6 1LA"),  # Derbyshire
    "E06000062": ("NN1 1ED", "NN1 5BD", "NN1 5PH"),  # West Northamptonshire
    "E06000061": ("NN16 8XT", "NN8 1BP"),  # North Northamptonshire
    "E10000019": ("LN1 1YL", "LN2 4AX", "PE21 8QR", "PE21 9QS"),  # Lincolnshire
    "E08000025": ("B1 1BB", "B15 2TT", "B4 7ET"),  # Birmingham
    "E08000029": ("B40 1NT", "B26 3QJ"),  # Solihull
    "E08000026": ("CV1 5FB", "CV4 7AL", "CV4 8UW"),  # Coventry
    "E10000031": ("CV34 4RL", "CV11 5AA", "CV21 2RR"),  # Warwickshire
    "E10000028": ("ST16 2DH", "DE14 1LS", "ST10 4DB"),  # Staffordshire
    "E06000021": ("ST4 1HH",),  # Stoke-on-Trent
    "E08000031": ("WV1 1SH",),  # Wolverhampton
    "E08000030": ("WS1 1TP",),  # Walsall
    "E06000031": ("PE1 1HG",),  # Peterborough
    "E10000003": ("CB3 0AP",),  # Cambridgeshire
    "E06000042": ("MK9 3EJ",),  # Milton Keynes
    "E06000051": ("SY2 6ND",),  # Shropshire
    "E10000034": ("WR5 2NP",),  # Worcestershire
    "E08000017": ("DN1 3BU",),  # Doncaster
    "E08000035": ("LS1 1UR",),  # Leeds
    "E08000003": ("M2 5DB",),  # Manchester
    "E10000017": ("PR1 8XJ",),  # Lancashire
    "E10000020": ("NR1 2DH",),  # Norfolk
    "E10000016": ("ME14 1XQ",),  # Kent
    "E10000008": ("EX2 4QD",),  # Devon
}  # fmt: skip


def own_places(council_code: str) -> tuple[str, ...]:
    """Postcodes inside the authority, for its homes and its own placements; always at least `FEWEST_OWN`.

    council_code: the nine-character code of the authority, e.g. "E10000018". An authority with too few places in
    the list is lent every place there is; its own placements then break the statutory rule 1015, and only that one.

    >>> "LE3 8RA" in own_places("E10000018"), "LE3 8RA" in other_places("E10000018")
    (True, False)
    """
    places = PUBLIC_PLACES.get(council_code, ())
    return places if len(places) >= FEWEST_OWN else tuple(place for some in PUBLIC_PLACES.values() for place in some)


def other_places(council_code: str) -> tuple[str, ...]:
    """Postcodes outside the authority, its neighbours first, for placements at a distance."""
    return tuple(place for code, places in PUBLIC_PLACES.items() if code != council_code for place in places)
