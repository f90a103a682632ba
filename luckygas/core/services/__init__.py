"""The writes of the cellar."""
