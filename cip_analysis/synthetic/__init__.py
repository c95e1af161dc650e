"""An invented county whose returns and payments match published totals."""
