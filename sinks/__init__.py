"""Everything that acts outside the log: notifier channels, board, ledger."""
