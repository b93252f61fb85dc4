"""The notifier: tells teams of exceptions and customers of decisions, once, and keeps a receipt of each."""
