"""Folders x presets: found, planned, journaled, and done once each, whatever happens."""
