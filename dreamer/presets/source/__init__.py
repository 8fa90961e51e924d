"""Where presets come from: found, read, extended, overridden, and every mistake with its line."""
