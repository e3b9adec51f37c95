"""Contacts: one person as seen by one channel, and the identities that point at them."""
