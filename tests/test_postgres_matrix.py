"""The isolation matrix and the suites of requests once more, with their servers on PostgreSQL."""

import pytest

import postgres
from support import JWT_SECRET, Server
from test_audit_api import *  # noqa: F403
from test_isolation_matrix import *  # noqa: F403
from test_policy_api import *  # noqa: F403
from test_postgres import SETTINGS, pg  # noqa: F401

pytestmark = pytest.mark.skipif(
    not postgres.installed(), reason="NO POSTGRESQL: install postgresql-15 to run these tests"
)


@pytest.fixture(scope="module")
def community(pg, tmp_path_factory):  # noqa: F811
    server = Server(
        tmp_path_factory.mktemp("community-pg"),
        {**SETTINGS, "DEPLOYMENT_MODE": "community", "JWT_SECRET": None, "DATABASE_URL": pg.url(pg.new_database())},
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def enterprise(pg, tmp_path_factory):  # noqa: F811
    server = Server(tmp_path_factory.mktemp("enterprise-pg"), {**SETTINGS, "DATABASE_URL": pg.url(pg.new_database())})
    server.acme = server.create_client("acme")
    server.globex = server.create_client("globex")
    server.start()
    yield server
    server.stop()
