"""Feature flags: the rules that decide (pure), and what answers the code that asks."""
