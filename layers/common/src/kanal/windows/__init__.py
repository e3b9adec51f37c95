"""The customer service window: what opens it and how long it lasts."""
