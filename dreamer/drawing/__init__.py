"""Numbers and pictures drawn as pictures: labelled sheets, curves over time, scatter maps. Pillow only, no torch."""
