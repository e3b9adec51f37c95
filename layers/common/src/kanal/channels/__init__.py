"""Channels: one WhatsApp number at a provider, its name, credentials, webhook and state."""
