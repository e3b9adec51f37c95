"""Files: what came in and is kept, what goes out, and the provider's limits on both."""
