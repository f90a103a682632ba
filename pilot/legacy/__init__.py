"""The boundary to the old system: its records, its bytes, its database, and what they are in this house."""
