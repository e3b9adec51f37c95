"""Inbound: from the webhook of the provider to contacts, windows, messages and events."""
