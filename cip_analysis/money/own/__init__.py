"""Care of the council's own: what is judged of it, and what makes it comparable with care bought."""
