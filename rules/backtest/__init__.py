"""Two policies over one recording: what each would have opened, said and kept quiet about, and why they differ."""
