"""Outbound: from an accepted request to the outcome at the provider."""
