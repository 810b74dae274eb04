"""Kafka, Faust, HTTP and the command line: everything that moves messages and decides nothing."""
