"""The `headstart` command line: a module a command."""
