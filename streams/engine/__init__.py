"""A small layer over Faust: micro-batches, durable order, honest recovery."""
