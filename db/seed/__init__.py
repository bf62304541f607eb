"""Data to begin with: a lively demo platform for whoever tries Bilten, and data sets of any size to measure with."""

from db.seed.demo import seed_demo
from db.seed.volume import DatabaseIsNotEmpty, Loaded, Volume, seed_volume

__all__ = ["DatabaseIsNotEmpty", "Loaded", "Volume", "seed_demo", "seed_volume"]
