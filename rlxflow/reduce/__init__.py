"""Delta debugging: the smallest module for which a test still says yes."""
