"""What changes over a film: times, keyframes, expressions, scenes."""
