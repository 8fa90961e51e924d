"""Songs to what a film can follow: beats, bars, sections and curves, by librosa (extra `sound`) and ffmpeg."""
