"""Contracts: what travels on topics, and the words it uses. Knows nobody."""
