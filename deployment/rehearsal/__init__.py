"""`make image-rehearsal`: the Dockerfile's own steps without Docker, then its result under way, read-only."""
