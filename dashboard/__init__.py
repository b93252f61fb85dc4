"""A web process that reads only the board."""
