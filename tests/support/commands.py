"""Runs our commands as a shell would: arguments and environment in, exit code and both outputs out."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from advisor.settings import Settings, load_settings
from streams.cli.main import app


def run(bootstrap: str, prefix: str, *arguments: str, **environ: str) -> Result:
    """What does `headstart ARGUMENTS` do on this broker with this prefix?"""
    env = {"COLUMNS": "200"} | environ_for(bootstrap, prefix) | environ
    return CliRunner().invoke(app, arguments, env=env)


def settings_for(bootstrap: str, prefix: str) -> Settings:
    """The settings that `run` gives its command."""
    return load_settings(environ_for(bootstrap, prefix))


def environ_for(bootstrap: str, prefix: str) -> dict[str, str]:
    """The environment that makes a command work on this broker with this prefix."""
    return {
        "HEADSTART_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "HEADSTART_KAFKA__TOPIC_PREFIX": prefix,
        "HEADSTART_KAFKA__PARTITIONS": "3",
    }
