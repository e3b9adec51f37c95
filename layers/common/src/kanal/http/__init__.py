"""The HTTP edge: routing, access, problems, cursors. No rule of the domain lives here."""
