"""Carrier tables as data: code meanings, carriers' spellings and the zones of places."""
