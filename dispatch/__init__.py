"""How orders get there: fleet, day plan, driver pages."""
