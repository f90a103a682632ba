"""The writes of this floor: one module per capability."""
