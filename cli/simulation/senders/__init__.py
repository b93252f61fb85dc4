"""How each sender writes what happened: one module a sender."""
