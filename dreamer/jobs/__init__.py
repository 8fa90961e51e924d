"""From presets, inputs and networks to finished pictures: planning, running, recipes."""
