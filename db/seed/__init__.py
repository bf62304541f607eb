"""Data to begin with: a lively demo platform for whoever tries Bilten."""

from db.seed.demo import seed_demo

__all__ = ["seed_demo"]
