"""A seeded world that puts verdicts to the test: estates, people and crowds unknown to planning."""
