"""A real Apache Kafka broker for tests: where its jars come from, and how it starts, dies and comes back."""
