"""A flow's life: file, checked, compiled, interpreted; one file per node."""
