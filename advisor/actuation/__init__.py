"""Doing, thin and at the edge: one protocol, one way of executing, an implementation per platform."""
