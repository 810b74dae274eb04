"""From samples to demand: a pure fold per source partition, then one grid per service."""
