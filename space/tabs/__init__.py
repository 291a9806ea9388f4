"""The sections of the page: each function draws one and returns its components; nothing is wired here."""
