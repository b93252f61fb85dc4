"""How long parcels usually are silent and under way: what a policy's patience may be. Proposed, never applied."""
