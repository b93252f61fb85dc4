"""The `wismo` command: a file a command."""
