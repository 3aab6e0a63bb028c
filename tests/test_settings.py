"""A server that is set up wrongly does not start, and says what is wrong."""

import json
import os
import signal
import socket
import subprocess

import pytest

from support import BINARY, ROOT, STOP_SECONDS_MAX, Server, basic, free_port

USAGE = 2
UNAVAILABLE = 3


def refused(make_server, environment, code=USAGE):
    server = make_server(environment)
    done = server.run("serve", check=False)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stderr


def test_serve_without_a_mode_refuses_and_lists_the_modes(make_server):
    text = refused(make_server, {"DEPLOYMENT_MODE": None})
    for word in ("DEPLOYMENT_MODE", "community", "enterprise"):
        assert word in text


@pytest.mark.parametrize("mode", [
    "", "Community", "COMMUNITY", " community", "comunity", "prod", "enterprise "])
def test_mode_is_matched_exactly(make_server, mode):
    text = refused(make_server, {"DEPLOYMENT_MODE": mode})
    assert "community" in text and "enterprise" in text


def test_unknown_setting_names_the_nearest(make_server):
    text = refused(make_server, {"AXONFLOW_DATADIR": "/tmp/x"})
    assert "AXONFLOW_DATADIR" in text and "AXONFLOW_DATA_DIR" in text


@pytest.mark.parametrize("name, value", [
    ("PORT", "eighty"), ("PORT", "-1"), ("PORT", "65536"), ("PORT", "80 80"),
    ("AXONFLOW_IDLE_TIMEOUT", "soon"), ("AXONFLOW_IDLE_TIMEOUT", "-5s"), ("AXONFLOW_IDLE_TIMEOUT", "30"),
    ("AXONFLOW_BODY_BYTES_MAX", "lots"), ("AXONFLOW_AUDIT_ACK", "never"),
    ("AXONFLOW_PROFILE", "lenient"), ("AXONFLOW_ENFORCE", "pii,squli"), ("PII_ACTION", "delete"),
    ("SQLI_ACTION", "redact"), ("GATEWAY_PII_ACTION", "BLOCKED"), ("DANGEROUS_COMMAND_ACTION", "allow"),
    ("AXONFLOW_TRUST_IDENTITY_HEADERS", "maybe"), ("LOG_LEVEL", "loud"),
    ("AXONFLOW_BIND_ADDRESS", "not-an-address")])
def test_bad_value_is_named_with_its_variable(make_server, name, value):
    text = refused(make_server, {name: value})
    assert name in text
    assert value in text


def test_every_problem_is_reported_at_once(make_server):
    text = refused(make_server, {"PORT": "eighty", "AXONFLOW_DATADIR": "x", "LOG_LEVEL": "loud"})
    for name in ("PORT", "AXONFLOW_DATADIR", "LOG_LEVEL"):
        assert name in text


def test_application_role_on_the_embedded_store_refuses(make_server):
    assert "AXONFLOW_DB_USE_APP_ROLE" in refused(make_server, {"AXONFLOW_DB_USE_APP_ROLE": "true"})


def test_a_database_that_is_away_stops_the_start_without_showing_its_password(make_server):
    text = refused(make_server, {"DATABASE_URL": "postgres://u:topsecret@127.0.0.1:1/db"}, code=3)
    assert "postgresql: cannot connect" in text
    assert "topsecret" not in text


@pytest.mark.parametrize("name, value", [
    ("AXONFLOW_REQUIRE_USER_TOKEN", "true"), ("AXONFLOW_FAIL_MODE", "open"),
    ("AXONFLOW_AUDIT_SINK", "s3"),
    ("AXONFLOW_AUDIT_S3_BUCKET", "topsecret"),
    ("MCP_READ_ONLY", "true"), ("SQLI_SCANNER_MODE", "advanced")])
def test_protection_that_is_not_there_refuses_rather_than_is_ignored(make_server, name, value):
    text = refused(make_server, {name: value})
    assert name in text and "not supported" in text
    assert "topsecret" not in text


def test_protection_that_is_switched_off_lets_the_server_start(make_server):
    server = make_server({"AXONFLOW_REQUIRE_USER_TOKEN": "false", "AXONFLOW_FAIL_MODE": "closed",
                          "MCP_READ_ONLY": "false"})
    server.start()
    server.stop()
    assert "no effect" not in server.log()


def test_settings_without_effect_are_named_at_the_start_and_by_check_and_doctor(make_server):
    server = make_server({"HIGH_RISK_ACTION": "block", "AXONFLOW_ENFORCE": "pii,high_risk",
                          "ADMIN_API_KEY": "topsecret"})
    server.start()
    server.stop()
    check = server.run("settings", "check").stdout
    doctor = server.run("doctor", check=False).stdout
    warned = json.loads(server.run("settings", "check", "-o", "json").stdout)
    assert warned["ok"] is True
    for text in (server.log(), check, doctor, " ".join(warned["warnings"])):
        for name in ("HIGH_RISK_ACTION", "high_risk of AXONFLOW_ENFORCE", "ADMIN_API_KEY"):
            assert name in text, (name, text)
        assert "topsecret" not in text


def test_secret_value_is_never_echoed(make_server):
    server = make_server({"JWT_SECRET": "the-very-secret-value-of-at-least-32-bytes"})
    done = server.run("settings")
    assert "JWT_SECRET" in done.stdout
    assert "the-very-secret-value-of-at-least-32-bytes" not in done.stdout + done.stderr


def test_community_mode_on_a_public_address_needs_consent(make_server):
    text = refused(make_server, {"AXONFLOW_BIND_ADDRESS": "0.0.0.0"})
    assert "AXONFLOW_ALLOW_ANONYMOUS" in text
    server = make_server({"AXONFLOW_BIND_ADDRESS": "0.0.0.0", "AXONFLOW_ALLOW_ANONYMOUS": "true"})
    server.start()
    server.stop()


def test_enterprise_listens_on_loopback_unless_told_and_then_warns_of_clear_text(make_server):
    server = make_server({"DEPLOYMENT_MODE": "enterprise"}).start()
    assert '"127.0.0.1"' in server.log()
    assert "without TLS" not in server.log()
    with pytest.raises(OSError):  # another address of this machine
        socket.create_connection(("127.0.0.2", server.port), timeout=2)
    server.stop()
    server = make_server({"DEPLOYMENT_MODE": "enterprise", "AXONFLOW_BIND_ADDRESS": "0.0.0.0"}).start()
    socket.create_connection(("127.0.0.2", server.port), timeout=2).close()
    warnings = [line for line in server.log().splitlines() if "without TLS" in line]
    assert len(warnings) == 1 and "0.0.0.0" in warnings[0]
    server.stop()


def test_names_of_the_official_clients_are_let_through(make_server):
    server = make_server({"AXONFLOW_AGENT_URL": "http://localhost:1", "AXONFLOW_CLIENT_ID": "x",
                          "AXONFLOW_CLIENT_SECRET": "y", "AXONFLOW_TELEMETRY": "off"})
    server.start()
    server.stop()


def test_three_variables_are_all_it_takes(tmp_path):
    server = Server(tmp_path, {})
    server.environment = {k: server.environment[k]
                          for k in ("DEPLOYMENT_MODE", "PORT", "AXONFLOW_DATA_DIR")}
    server.start()
    assert server.decide("hello")["verdict"] == "allow"
    server.stop()


def test_taken_port_refuses_to_start_and_names_it(make_server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in refused(make_server, {"PORT": port}, UNAVAILABLE)


def test_second_server_does_not_share_a_port_silently(make_server):
    first = make_server().start()
    assert str(first.port) in refused(make_server, {"PORT": str(first.port)}, UNAVAILABLE)
    first.stop()


def test_second_server_on_the_same_folder_refuses(make_server):
    first = make_server().start()
    text = refused(make_server, {"AXONFLOW_DATA_DIR": str(first.data_dir)}, UNAVAILABLE)
    assert text.strip()
    first.stop()


def credential_works(server, made):
    return server.get("/api/v1/decisions", auth=basic(made["client_id"], made["client_secret"])).status == 200


def run_dev_or_script(server, name, **environment):
    """`axonflow dev` or scripts/run.sh with the settings of `server`; its end, since it cannot start."""
    command = [str(BINARY), "dev"] if name == "dev" else ["sh", str(ROOT / "scripts/run.sh"), str(BINARY)]
    variables = {**server.environment, **environment}
    if name == "dev":
        variables["DEPLOYMENT_MODE"] = "community"
    return subprocess.run(command, env=variables, cwd=server.folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name, client", [("dev", "dev"), ("run.sh", "demo")])
@pytest.mark.parametrize("obstacle", ["folder", "port"])
def test_start_that_fails_leaves_the_secret_of_the_running_server(make_server, name, client, obstacle):
    server = make_server({"DEPLOYMENT_MODE": "enterprise"})
    made = json.loads(server.run(
        "client", "create", "--tenant", client, "--client-id", client, "-o", "json").stdout)
    server.start()
    if obstacle == "folder":
        done = run_dev_or_script(server, name, PORT=str(free_port()))
        assert done.returncode == UNAVAILABLE, done
        assert str(server.data_dir) in done.stderr
    else:
        other = make_server().start()
        server.stop()
        done = run_dev_or_script(server, name, PORT=str(other.port))
        assert done.returncode == UNAVAILABLE, done
        assert str(other.port) in done.stderr
        other.stop()
        server.start()
    assert credential_works(server, made)
    server.stop()


def test_run_script_serves_with_fresh_credentials(make_server):
    server = make_server({"DEPLOYMENT_MODE": "enterprise"})
    script = subprocess.Popen(
        ["sh", str(ROOT / "scripts/run.sh"), str(BINARY)], env=server.environment, cwd=server.folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        printed = {}
        for line in script.stdout:
            words = line.split()
            if len(words) == 2 and words[0] in ("client_id", "client_secret"):
                printed[words[0]] = words[1]
            if line.startswith("Ctrl-C"):
                break
        assert credential_works(server, printed)
        script.send_signal(signal.SIGTERM)
        assert script.wait(timeout=STOP_SECONDS_MAX) == 0
    finally:
        if script.poll() is None:
            os.killpg(script.pid, signal.SIGKILL)
        script.stdout.close()


def test_serve_check_starts_nothing(make_server):
    server = make_server()
    assert server.run("serve", "--check").returncode == 0
    assert not any(server.data_dir.iterdir())
    server.start()
    assert server.run("serve", "--check", check=False).returncode == UNAVAILABLE
    server.stop()


def test_data_folder_that_cannot_be_made_refuses(make_server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    text = refused(make_server, {"AXONFLOW_DATA_DIR": str(tmp_path / "file" / "var")}, UNAVAILABLE)
    assert str(tmp_path / "file") in text


def test_data_folder_is_readable_by_its_owner_only(make_server):
    server = make_server().start()
    for name in ("axonflow.db", "journal", "keys"):
        assert (server.data_dir / name).exists(), name
    for path in (server.data_dir / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    server.stop()


@pytest.mark.parametrize("arguments", [
    ["--help"], ["serve", "--help"], ["dev", "--help"], ["demo", "--help"], ["policy", "--help"],
    ["policy", "lint", "--help"], ["policy", "test", "--help"], ["audit", "--help"],
    ["audit", "tail", "--help"], ["audit", "verify", "--help"], ["tenant", "--help"],
    ["client", "create", "--help"], ["settings", "--help"], ["doctor", "--help"], ["version"]])
def test_help_and_version_need_no_settings(arguments):
    done = subprocess.run([str(BINARY), *arguments], env={}, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 5


def test_unknown_command_is_a_usage_error_with_the_nearest():
    done = subprocess.run([str(BINARY), "serv"], env={}, capture_output=True, text=True, timeout=20)
    assert done.returncode == USAGE
    assert "serve" in done.stderr


def test_demo_shows_three_verdicts_and_their_records(make_server):
    server = make_server({"PII_ACTION": "redact", "SQLI_ACTION": "block"}).start()
    done = server.run("demo", "--url", server.url)
    for word in ("sys_pii_credit_card", "sys_sqli_"):
        assert word in done.stdout
    assert server.search(limit=1)["total"] == 3
    server.stop()
    assert server.run("demo", "--url", f"http://127.0.0.1:{free_port()}", check=False).returncode != 0


def test_doctor_looks_at_the_policies_in_force(make_server, tmp_path):
    folder = tmp_path / "policies"
    folder.mkdir()
    server = make_server({"AXONFLOW_POLICIES_DIR": str(folder)})
    (folder / "own.yaml").write_text("policies: [")
    broken = server.run("doctor", "-o", "json", check=False)
    assert broken.returncode == 1
    (check,) = [c for c in json.loads(broken.stdout)["checks"] if c["name"] == "policies"]
    assert check["state"] == "fail" and "own.yaml" in check["finding"]
    (folder / "own.yaml").write_text((ROOT / "policies" / "admin-access.yaml").read_text())
    (check,) = [c for c in json.loads(server.run("doctor", "-o", "json", check=False).stdout)["checks"]
                if c["name"] == "policies"]
    assert check["state"] == "ok" and str(folder) in check["finding"]


def test_doctor_finds_a_healthy_installation_healthy(make_server):
    server = make_server().start()
    assert server.run("doctor", check=False).returncode == 0
    server.stop()
