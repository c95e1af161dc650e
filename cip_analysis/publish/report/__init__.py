"""The pages that are no notebook's, and what every page of a pack says about it."""
