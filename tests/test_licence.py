"""Licence keys: made and judged on the command line, and as the credential of a caller."""

import base64
import json
import time

import pytest

from support import HARMLESS, basic, sentence_of, unique

PRE_CHECK = "/api/policy/pre-check"
ORG = "acme-inc"


class Issuer:
    """Signing keys in a folder that no server sees."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        folder.mkdir()
        self.public = {name: self.keygen(name) for name in ("full", "evaluation", "stranger")}

    def keygen(self, name):
        made = self.server.run("license", "keygen", "--out", str(self.folder / name), "--key-id", name,
                               "-o", "json")
        return json.loads(made.stdout)["public_key"]

    def issue(self, *options, key="full", tier="Enterprise", org=ORG, check=True):
        done = self.server.run("license", "issue", "--key", str(self.folder / key), "--org", org,
                               "--tier", tier, *options, check=check)
        return done.stdout.strip() if check else done

    def revoke(self, path, *licence_ids):
        ids = [word for one in licence_ids for word in ("--id", one)]
        self.server.run("license", "revoke", "--key", str(self.folder / "full"), "--list", str(path), *ids)


@pytest.fixture(scope="module")
def licensed(tmp_path_factory):
    """A server that takes licences beside client secrets; `issuer` signs them."""
    from support import Server
    folder = tmp_path_factory.mktemp("licensed")
    server = Server(folder, {"DEPLOYMENT_MODE": "enterprise", "ORG_ID": ORG})
    server.issuer = Issuer(server, folder / "issuer")
    server.list = folder / "revoked"
    server.issuer.revoke(server.list, "lic-nobody")
    server.environment.update({
        "AXONFLOW_LICENSE_PUBLIC_KEYS": server.issuer.public["full"],
        "AXONFLOW_LICENSE_EVALUATION_KEYS": server.issuer.public["evaluation"],
        "AXONFLOW_LICENSE_REVOCATIONS": str(server.list)})
    server.shop = server.create_client("shop")
    server.start()
    yield server
    server.stop()


def ask(server, auth, headers=None, **members):
    return server.post(PRE_CHECK, {"query": unique(HARMLESS), **members}, auth=auth, headers=headers)


def becomes(probe, status, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if probe().status == status:
            return True
        time.sleep(0.05)
    return False


def test_licence_is_the_secret_of_a_client(licensed):
    auth = basic("checkout", licensed.issuer.issue())
    answer = ask(licensed, auth)
    assert answer.status == 200, answer
    (entry,) = licensed.search(auth=auth, decision_id=answer.json()["decision_id"])["entries"]
    assert (entry["org_id"], entry["tenant_id"], entry["client_id"]) == (ORG, "checkout", "checkout")
    # A client of the directory keeps its tenant.
    answer = ask(licensed, basic(licensed.shop.client_id, licensed.issuer.issue()))
    assert answer.status == 200
    (entry,) = licensed.search(
        auth=licensed.shop.basic, decision_id=answer.json()["decision_id"])["entries"]
    assert entry["tenant_id"] == "shop"


def test_evaluation_licence_is_taken_from_its_own_key_only(licensed):
    issuer = licensed.issuer
    assert ask(licensed, basic("e", issuer.issue(key="evaluation", tier="Evaluation"))).status == 200
    for key, tier in (("evaluation", "Enterprise"), ("evaluation", "Plus"), ("full", "Evaluation")):
        answer = ask(licensed, basic("e", issuer.issue(key=key, tier=tier)))
        assert answer.status == 401, (key, tier)
        assert "LICENSE_KEY_NOT_FOR_TIER" in sentence_of(answer.body)


def flipped(licence):
    body, signature = licence.rsplit(".", 1)
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[40] ^= 1
    return body + "." + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raised(licence):
    body, signature = licence.removeprefix("AXON-").rsplit(".", 1)
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    payload["tier"] = "Plus"
    raw = json.dumps(payload, separators=(",", ":")).encode()
    return "AXON-" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode() + "." + signature


@pytest.mark.parametrize("spoil", [
    flipped, raised, lambda text: text[:-1], lambda text: text + "=", lambda text: text + "A",
    lambda text: text.replace(".", ""), lambda text: text.lower(), lambda text: "AXON-" + text,
    lambda text: text.replace("AXON-", "AXON-V2-"), lambda text: "AXON-.", lambda text: "AXON-e30."])
def test_spoiled_licence_answers_like_a_wrong_secret(licensed, spoil):
    wrong = ask(licensed, basic("checkout", "axs_wrong"))
    answer = ask(licensed, basic("checkout", spoil(licensed.issuer.issue())))
    assert answer.status == wrong.status == 401
    assert answer.body == wrong.body
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_stranger_signs_nothing(licensed):
    answer = ask(licensed, basic("checkout", licensed.issuer.issue(key="stranger")))
    assert answer.status == 401
    assert ORG not in sentence_of(answer.body)


def test_licence_of_another_organisation_is_refused(licensed):
    answer = ask(licensed, basic("checkout", licensed.issuer.issue(org="globex")))
    assert answer.status == 401
    assert "LICENSE_WRONG_ORGANIZATION" in sentence_of(answer.body)


@pytest.mark.parametrize("audience, client, status", [
    ("axonflow.self_hosted.full", None, 200),
    ("axonflow.self_hosted.full", "sdk-python/9.5.0", 200),
    ("axonflow.self_hosted.full", "openclaw/1.0", 200),
    ("axonflow.self_hosted.sdk", "sdk-python/9.5.0", 200),
    ("axonflow.self_hosted.sdk", None, 401),
    ("axonflow.self_hosted.sdk", "openclaw/1.0", 401),
    ("axonflow.self_hosted.plugin", "claude-code-plugin/1", 200),
    ("axonflow.self_hosted.plugin", "sdk-go/1", 401),
    ("axonflow.saas.full", None, 401),
    ("axonflow.saas.sdk", "sdk-python/9.5.0", 401),
    ("community_saas_plugin", "openclaw/1.0", 401)])
def test_audience_must_fit_the_client(licensed, audience, client, status):
    licence = licensed.issuer.issue("--audience", audience)
    headers = {"X-Axonflow-Client": client} if client else None
    answer = ask(licensed, basic("checkout", licence), headers)
    assert answer.status == status, answer
    if status == 401:
        assert "LICENSE_WRONG_AUDIENCE" in sentence_of(answer.body)


def test_licence_for_one_tenant_opens_no_other(licensed):
    licence = licensed.issuer.issue("--tenant", "checkout")
    assert ask(licensed, basic("checkout", licence)).status == 200
    assert ask(licensed, basic("warehouse", licence)).status == 401
    assert ask(licensed, basic(licensed.shop.client_id, licence)).status == 401


@pytest.mark.parametrize("user", ["global", "*", "__platform__", "local-dev-org", "a b", "../x", "a@b"])
def test_licence_gives_nobody_a_reserved_or_senseless_name(licensed, user):
    assert ask(licensed, basic(user, licensed.issuer.issue())).status == 401


def test_licence_cannot_act_for_another_tenant_through_the_body(licensed):
    auth = basic("checkout", licensed.issuer.issue())
    for claim in ({"tenant_id": "shop"}, {"client_id": "shop"}, {"org_id": "globex"}):
        assert ask(licensed, auth, **claim).status == 403, claim


def test_disabled_tenant_stays_out_with_a_licence(licensed):
    auth = basic("closing", licensed.issuer.issue())
    licensed.run("tenant", "create", "closing")
    assert ask(licensed, auth).status == 200
    licensed.run("tenant", "disable", "closing")
    assert becomes(lambda: ask(licensed, auth), 403)


def test_revoked_licence_ends_while_the_server_runs(licensed):
    auth = basic("checkout", licensed.issuer.issue("--id", "lic-revoked"))
    assert ask(licensed, auth).status == 200
    licensed.issuer.revoke(licensed.list, "lic-revoked")
    assert becomes(lambda: ask(licensed, auth), 401)
    assert "LICENSE_REVOKED" in sentence_of(ask(licensed, auth).body)
    assert ask(licensed, basic("checkout", licensed.issuer.issue())).status == 200


def test_licence_is_nowhere_in_the_log(licensed):
    licence = licensed.issuer.issue()
    ask(licensed, basic("checkout", licence))
    ask(licensed, basic("checkout", flipped(licence)))
    assert licence not in licensed.log() and licence[5:60] not in licensed.log()


def test_command_line_judges_a_licence(licensed):
    licence = licensed.issuer.issue("--permission", "mcp:postgres:*", "--limit", "rpm=500")
    shown = json.loads(licensed.run("license", "inspect", licence, "-o", "json").stdout)
    assert shown["valid"] and shown["key_id"] == "full"
    assert shown["license"]["permissions"] == ["mcp:postgres:*"]
    assert shown["license"]["limits"] == {"rpm": 500}
    assert licensed.run("license", "verify", licence, "--org", ORG).returncode == 0
    assert licensed.run("license", "verify", licence, "--org", "globex", check=False).returncode == 1
    assert licensed.run("license", "verify", flipped(licence), check=False).returncode == 1
    stranger = licensed.run("license", "inspect", licensed.issuer.issue(key="stranger"), check=False)
    assert stranger.returncode == 1 and ORG not in stranger.stdout + stranger.stderr


def test_private_key_is_private_and_never_written_over(licensed):
    path = licensed.issuer.folder / "full"
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    again = licensed.run("license", "keygen", "--out", str(path), check=False)
    assert again.returncode == 1 and path.read_bytes() == before
    loose = licensed.issuer.folder / "loose"
    loose.write_bytes(before)
    loose.chmod(0o644)
    assert licensed.issuer.issue(key="loose", check=False).returncode != 0


@pytest.mark.parametrize("spoil, words", [
    ({"AXONFLOW_LICENSE_KEY": "other org"}, "LICENSE_WRONG_ORGANIZATION"),
    ({"AXONFLOW_LICENSE_KEY": "AXON-V2-abc-0123abcd"}, "V1_LICENSE_NOT_SUPPORTED"),
    ({"AXONFLOW_LICENSE_KEY": "good", "AXONFLOW_LICENSE_PUBLIC_KEYS": None},
     "AXONFLOW_LICENSE_PUBLIC_KEYS"),
    ({"AXONFLOW_LICENSE_PUBLIC_KEYS": "zero:" + base64.b64encode(bytes(32)).decode()}, "zero"),
    ({"AXONFLOW_LICENSE_REVOCATIONS": "/nowhere/revoked"}, "/nowhere/revoked")])
def test_serve_refuses_a_licence_setting_that_cannot_hold(licensed, make_server, spoil, words):
    licences = {"other org": licensed.issuer.issue(org="globex"), "good": licensed.issuer.issue()}
    values = {name: licences.get(value, value) for name, value in spoil.items()}
    server = make_server({"DEPLOYMENT_MODE": "enterprise", "ORG_ID": ORG,
                          "AXONFLOW_LICENSE_PUBLIC_KEYS": licensed.issuer.public["full"], **values})
    done = server.run("serve", check=False)
    assert done.returncode != 0
    assert words in done.stderr
    assert licences["good"] not in done.stderr and licences["other org"] not in done.stderr


def test_server_starts_with_its_own_licence(licensed, make_server):
    server = make_server({"DEPLOYMENT_MODE": "enterprise", "ORG_ID": ORG,
                          "AXONFLOW_LICENSE_PUBLIC_KEYS": licensed.issuer.public["full"],
                          "AXONFLOW_LICENSE_KEY": licensed.issuer.issue()})
    server.start()
    server.stop()
