"""Two systems, one truth: what each side's change means for the other. Pure: no Django, no I/O."""
