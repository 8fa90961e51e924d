"""Numbers and pictures drawn as pictures: sheets, maps with their color bars, curves over time. No torch here."""
