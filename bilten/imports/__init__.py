"""Adapters of imports: files and their formats, places and their zones, reports, and the commands that join them."""
