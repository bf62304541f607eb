"""Everything downstream of the journal: for now the Redis connection that later carries wake-ups."""
