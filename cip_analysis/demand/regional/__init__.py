"""A region of councils together: forecasts that add up, places shared, beds commissioned jointly."""
