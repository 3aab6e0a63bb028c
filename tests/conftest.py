"""Fixtures that start the real binary. Nothing of our own server is ever mocked here."""

import os

# Before the SDK is imported: its own usage ping would leave this machine.
os.environ["AXONFLOW_TELEMETRY"] = "off"

import pytest

from provider_standin import Provider
from support import JWT_SECRET, Server

REDACT_AND_BLOCK = {"PII_ACTION": "redact", "SQLI_ACTION": "block"}


@pytest.fixture(scope="session")
def community(tmp_path_factory):
    """A community-mode server that redacts PII and blocks SQL injection; shared, never restarted."""
    server = Server(tmp_path_factory.mktemp("community"), REDACT_AND_BLOCK)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def enterprise(tmp_path_factory):
    """A server that knows its callers by credential, with tenants `acme` and `globex`."""
    server = Server(
        tmp_path_factory.mktemp("enterprise"),
        {**REDACT_AND_BLOCK, "DEPLOYMENT_MODE": "enterprise", "JWT_SECRET": JWT_SECRET},
    )
    server.acme = server.create_client("acme")
    server.globex = server.create_client("globex")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_server(tmp_path):
    """Makes servers with their own folder and settings; stops what is left at the end of the test."""
    servers = []

    def make(environment=None, name=None, **options):
        folder = tmp_path / (name or f"node{len(servers)}")
        folder.mkdir(exist_ok=True)
        server = Server(folder, environment or {}, **options)
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.kill_if_running()


@pytest.fixture(scope="module")
def make_module_server(tmp_path_factory):
    """Started servers that live as long as the tests of one file."""
    servers = []

    def make(environment):
        server = Server(tmp_path_factory.mktemp("module"), environment).start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def provider():
    """A provider of models that the tests of one file share."""
    standin = Provider()
    yield standin
    standin.stop()


@pytest.fixture
def fresh_provider(provider):
    """For every test of a file: the provider forgets what the one before asked of it."""
    provider.reset()
