"""Invented traffic: what happens to parcels, how it is reported, and the truth beside it."""
