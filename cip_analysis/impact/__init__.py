"""Did it work, and for whom; and what was claimed."""
