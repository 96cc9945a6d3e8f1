"""The HTTP server: a front before the engine, one file per resource."""
