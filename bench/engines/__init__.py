"""The same work on several stream engines, each as its own documentation would have it written."""
