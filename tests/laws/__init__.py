"""Random timelines, run as the decider runs them, and the laws that hold at every minute of them."""
