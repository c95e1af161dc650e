"""What we were sent: statutory returns, payments and published statistics, read and repaired."""
