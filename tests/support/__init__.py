"""Helpers that tests share and that know nothing of Kafka."""
