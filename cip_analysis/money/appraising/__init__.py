"""Options weighed beside doing nothing, draw by draw: effects, flows, discounting, sensitivity, the cash budget."""
