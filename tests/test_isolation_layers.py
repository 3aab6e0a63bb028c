"""The isolation matrix with each of the two layers alone: row-level security without a predicate in any
statement, and the predicates without row-level security.

The first needs axonflow_unpredicated, which the build makes beside the tests: the same program with
statements that lose their conditions on organization and tenant. The released program cannot do that.
"""

import os
import pathlib

import pytest

import postgres
from support import BINARY, Server
from test_isolation_matrix import *  # noqa: F403
from test_postgres import SETTINGS, pg  # noqa: F401

pytestmark = pytest.mark.skipif(
    not postgres.installed(), reason="NO POSTGRESQL: install postgresql-15 to run these tests"
)

UNPREDICATED = pathlib.Path(os.environ.get("AXONFLOW_UNPREDICATED_BINARY", BINARY.parent / "bin/axonflow_unpredicated"))


def layered(pg, folder, predicates, row_level_security):  # noqa: F811
    database = pg.new_database()
    server = Server(folder, {**SETTINGS, "DATABASE_URL": pg.url(database)})
    if not row_level_security:
        server.run("migrate", "up")
        # A superuser passes all policies.
        server.environment |= {"DATABASE_URL": pg.url(database, "postgres"), "AXONFLOW_DB_USE_APP_ROLE": "false"}
    if not predicates:
        assert UNPREDICATED.exists(), "build the target axonflow_unpredicated"
        server.binary = UNPREDICATED
    server.acme, server.globex = server.create_client("acme"), server.create_client("globex")
    return server.start()


@pytest.fixture(scope="module", params=["row-level security alone", "predicates alone"])
def enterprise(request, pg, tmp_path_factory):  # noqa: F811
    predicates = request.param == "predicates alone"
    server = layered(pg, tmp_path_factory.mktemp("layer"), predicates, not predicates)
    yield server
    server.stop()


def test_without_both_layers_a_foreign_policy_is_seen(pg, tmp_path):  # noqa: F811
    """Shows that the program and the settings of this file do switch the layers off."""
    server = layered(pg, tmp_path, False, False)
    made = server.post("/api/v1/static-policies", {"name": "Seen", "pattern": "wseen", "category": "sensitive-data",
                                                   "action": "log"}, auth=server.acme.basic)
    assert made.status == 201, made
    path = "/api/v1/static-policies/" + made.json()["id"]
    assert server.get(path, auth=server.globex.basic).status == 200
    server.stop()


def test_the_released_program_keeps_its_predicates():
    mark = b"UnpredicatedDatabase"
    assert mark in UNPREDICATED.read_bytes()
    assert mark not in BINARY.read_bytes()
