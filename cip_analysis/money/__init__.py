"""What care costs, and what could be saved."""
