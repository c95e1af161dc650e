"""One council beside others, before and after: weights, gaps, and what chance makes of them."""
