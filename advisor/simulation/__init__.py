"""A seeded world and the scalers to compare in it: arrays in, arrays out, nothing is measured or moved."""
