"""How good a forecast is: its scores, and the simple rivals it has to beat."""
