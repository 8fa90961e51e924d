"""Pictures about pictures: curves, and what else is drawn for people to read."""
