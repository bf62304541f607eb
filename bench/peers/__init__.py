"""Bilten beside the servers of a suite of peers: what the suite is told, and what its servers are given to be equal."""

from pathlib import Path

OPERATIONS = Path(__file__).parent / "operations"
"""Our documents of the suite's operations."""
