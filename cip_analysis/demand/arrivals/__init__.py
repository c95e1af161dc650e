"""What the methods of forecasting starts are made of: the history, chance, the season and a council's own drift."""
