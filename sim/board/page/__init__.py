"""The page: one standalone HTML file."""
