"""A data set of any size, the same whenever the same is asked for: made in Python, sent by COPY."""

from db.seed.volume.load import DatabaseIsNotEmpty, Loaded, seed_volume
from db.seed.volume.plan import Volume

__all__ = ["DatabaseIsNotEmpty", "Loaded", "Volume", "seed_volume"]
