"""The board: Redis read models of everything the web shows, folded from the output topics and nothing else."""
