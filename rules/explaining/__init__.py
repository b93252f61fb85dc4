"""Why, and why not: one subject at one moment, from what had been heard by then. The answer of `wismo explain`."""
