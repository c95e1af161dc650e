"""A pack as one document: its pages bound, printed as a tagged PDF, and written for Word."""
