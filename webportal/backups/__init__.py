"""All that people entrusted to an installation in one folder, and back again: database, pictures, secret key."""
