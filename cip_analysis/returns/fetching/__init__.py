"""Publishers' data sets, fetched from their public addresses, proved, and filed beside those fetched before."""
