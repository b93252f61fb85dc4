"""Measurements: one JSON line each. `python -m bench`."""
