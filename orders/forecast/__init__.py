"""When a customer will need gas again."""
