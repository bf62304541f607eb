"""Compiled execution of GraphQL documents; for now the neutral selection tree that reads are planned from."""
