"""Dated policies and the tables beside them."""
