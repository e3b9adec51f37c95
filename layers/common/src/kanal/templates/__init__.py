"""Message templates as the provider last showed them."""
