"""Broadcasts: one template to many people, imported, forecast, started, fed into the lines, and counted."""
