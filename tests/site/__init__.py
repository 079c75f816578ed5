"""The site, unit by unit and in a browser."""
