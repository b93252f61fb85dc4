"""Policies to begin with: copy one, change what its comments say, and name it in `WISMO_POLICY_FILE`."""
