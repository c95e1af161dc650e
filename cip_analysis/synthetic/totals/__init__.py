"""The published totals: what they are, what each household adds to them, who is chosen, how near it came."""
