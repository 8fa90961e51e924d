"""Films as mathematics: the camera, what holds a film together over time, the loop of frames, filmed input."""
