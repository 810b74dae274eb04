"""Tests of Headstart: in one process where that suffices, on a real Kafka broker where it does not."""
