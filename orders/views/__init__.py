"""Pages of this floor outside the lists of the admin."""
