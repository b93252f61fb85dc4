"""What is seen only across shipments: carriers' feeds that fall silent, places where many parcels stand still.

All of a carrier is judged in one partition of the second hop: it keeps a small row for each parcel under way, one for
each place and one for the carrier, and tells parcels and subjects what it found as facts.
"""
