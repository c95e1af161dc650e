"""The invented county as a council's own database would hold it."""
