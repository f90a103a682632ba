"""The house against the outside world's stand-ins: real processes, real folders, every fault switched on once."""
