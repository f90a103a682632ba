"""The reads of dispatch."""
