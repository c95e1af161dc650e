"""How many children, where, and for how long."""
