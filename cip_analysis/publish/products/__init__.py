"""What stands beside the pages: every exhibit as a record, and the files made of them."""
