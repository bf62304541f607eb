"""The process shell: command line, settings, authentication, wiring and embedded services; it knows everything."""
