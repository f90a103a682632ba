"""The writes of dispatch."""
