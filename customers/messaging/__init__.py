"""Messages to customers: occasions, templates, who may be written to, and one way to announce."""
