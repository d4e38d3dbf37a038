"""Co-building by agreement. Its models come with the covenant loop."""
