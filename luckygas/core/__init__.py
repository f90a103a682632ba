"""The cellar: what every floor of the house stands on."""
