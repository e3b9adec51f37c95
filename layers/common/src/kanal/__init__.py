"""The layer: what Kanal knows and does, apart from entry points."""
