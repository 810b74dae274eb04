"""Headstart's judgement: everything that would stay if Kafka were replaced tomorrow."""
