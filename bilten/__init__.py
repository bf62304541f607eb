"""The process shell: command line, settings, authentication, wiring and embedded services; the only place that knows everything."""
