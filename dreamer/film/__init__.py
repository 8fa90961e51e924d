"""Films in and out: codecs, reading, writing, facts of a file, stored frames, a film's report."""
