"""Lanes: hot writes of many callers, a batch of them in each transaction. What a batch does in it is not said here."""

from db.lanes.flush import Flush, Flushed, Observer, Proof
from db.lanes.lanes import Lanes
from db.lanes.link import Connect, lane_connections
from db.lanes.troubles import Trouble

__all__ = ["Connect", "Flush", "Flushed", "Lanes", "Observer", "Proof", "Trouble", "lane_connections"]
