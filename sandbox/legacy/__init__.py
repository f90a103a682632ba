"""The old system: twenty years of customers and orders in cp950, its clerk, and a line to it that can fail."""
