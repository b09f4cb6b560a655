"""How the portal reads requests and sends answers: one thread for all connections, and threads for whole requests."""
