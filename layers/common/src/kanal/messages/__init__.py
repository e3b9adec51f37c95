"""Messages: inbound and outbound, their timeline of facts and the state that follows from it."""
