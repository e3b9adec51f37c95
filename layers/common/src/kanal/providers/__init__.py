"""Who carries the messages. WhatsApp's and 360dialog's spelling stays in here."""
