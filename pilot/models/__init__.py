"""How customers move over: flags, the legacy system, and what both have agreed on."""
