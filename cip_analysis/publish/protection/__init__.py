"""So that no withheld count can be worked out: cells that add up, what more to withhold, how to round, an audit."""
