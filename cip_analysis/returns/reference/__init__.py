"""Small tables of published figures and of what was learned from them, as `data/reference` keeps them."""
