"""Everything downstream of the journal: for now the connection to Redis that later carries wake-ups."""
