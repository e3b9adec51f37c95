"""What may be sent: one model for each kind of WhatsApp's own content objects."""
