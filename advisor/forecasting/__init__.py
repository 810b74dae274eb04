"""What will demand be, as a band? Pure functions of arrays: baseline, uplift, and the two composed."""
