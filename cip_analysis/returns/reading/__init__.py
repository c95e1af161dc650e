"""From whatever a council holds to typed columns, a collection year for every row, and a census date."""
