"""What published figures alone can tell of a council that has loaded no return."""
