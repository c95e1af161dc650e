"""On what basis money is told: the conventions behind it, and what every council tells the department."""
