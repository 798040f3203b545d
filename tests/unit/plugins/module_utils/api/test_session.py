# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests as they leave the machine, against a server whose answers are scripted."""

from __future__ import annotations

import socket
import threading

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api import credentials
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Target, Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import errors
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates
from ansible_collections.crosscluster.elastic.tests.unit.plugins.scripted import DROP, Answer, Proxy, Server, in_order

SECRET = "correct-horse-battery"
BASIC = credentials.Basic("elastic", SECRET)
OK, BUSY, AWAY = Answer(body={"ok": True}), Answer(429), Answer(503)
HTML = Answer(502, text="<html><head><title>502 Bad\n Gateway</title></head></html>", headers={"Content-Type": "text/html"})


class Waits(list):
    """Collects how long would have been waited."""

    def __call__(self, seconds):
        self.append(seconds)


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def lines():
    return []


@pytest.fixture
def session(serve, waits, lines):
    """session(answers) -> a session with a server that gives these answers; ``server`` is an attribute of the function."""

    def make(*answers, who=BASIC, read_only=False, **target):
        make.server = serve(in_order(answers))
        transport = Transport(wait=waits, log=lines.append, read_only=read_only)
        options = {"subject": "Elasticsearch of cluster search", "url": make.server.url, "ca_path": str(make.server.ca), **target}
        return transport.session(Target(credentials=who, timeout=5, **options))

    return make


@pytest.mark.parametrize("effect", ["read", "write", "write_once"])
@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_is_a_reply(session, effect, status):
    reply = getattr(session(Answer(status, {"ok": True}, {"X-Found": "a"})), effect)("POST", "/x", body={"a": 1}, query={"b": "c"})
    assert (reply.status, reply.body, reply.headers["x-found"]) == (status, {"ok": True}, "a")
    [request] = session.server.requests
    assert (request.body, request.query) == ({"a": 1}, {"b": "c"})
    assert request.headers["user-agent"] == "crosscluster.elastic"


@pytest.mark.parametrize(
    ("effect", "failure", "requests"),
    [
        ("read", BUSY, 2),
        ("write", BUSY, 2),
        ("write_once", BUSY, 2),
        ("read", AWAY, 2),
        ("write", AWAY, 2),
        ("write_once", AWAY, 1),
        ("read", HTML, 2),
        ("write_once", HTML, 1),
        ("read", DROP, 2),
        ("write", DROP, 2),
        ("write_once", DROP, 1),
        ("read", Answer(500), 1),
        ("write", Answer(500), 1),
        ("read", Answer(409), 1),
    ],
)
def test_a_request_is_repeated_only_where_that_is_safe_and_may_help(session, effect, failure, requests):
    asked = getattr(session(failure, OK), effect)
    if requests == 2:
        assert asked("PUT", "/x").body == {"ok": True}
    else:
        with pytest.raises(errors.RequestFailed):
            asked("PUT", "/x")
    assert len(session.server.requests) == requests


@pytest.mark.parametrize("effect", ["write", "write_once"])
@pytest.mark.parametrize("lost", [DROP, AWAY, HTML])
def test_a_lost_answer_to_a_write_says_that_it_may_have_been_processed(session, effect, lost):
    with pytest.raises(errors.ReplyLost) as caught:
        getattr(session(*[lost] * 5), effect)("POST", "/x")
    assert "run again" in caught.value.remedy


def test_a_lost_answer_to_a_read_is_unreachable(session):
    with pytest.raises(errors.Unreachable) as caught:
        session(*[DROP] * 5).read("GET", "/x")
    assert "no answer from" in str(caught.value) and len(session.server.requests) == 5


def test_attempts_are_bounded_and_pauses_grow(session, waits):
    with pytest.raises(errors.ServerFault) as caught:
        session(*[AWAY] * 9).read("GET", "/x")
    assert len(session.server.requests) == 5 and len(waits) == 4 and caught.value.status == 503
    assert all(0.25 * 2**number <= pause <= 0.5 * 2**number for number, pause in enumerate(waits))


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("86400", 60.0)])
def test_retry_after_is_honoured_and_clamped(session, waits, asked, waited):
    refused = {"Retry-After": asked, "x-ratelimit-remaining": "0", "x-ratelimit-interval": "60"}
    session(Answer(429, headers=refused), OK).read("GET", "/x")
    assert waits == [waited]


def test_a_retry_after_that_is_a_date_counts_as_none(session, waits):
    session(Answer(429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), OK).read("GET", "/x")
    assert 0 < waits[0] <= 0.5


def test_an_exhausted_rate_budget_holds_the_next_request_back(session, waits):
    asked = session(Answer(headers={"x-ratelimit-remaining": "0", "x-ratelimit-interval": "10s"}), OK)
    asked.read("GET", "/x")
    asked.read("GET", "/x")
    assert len(waits) == 1 and 9 < waits[0] <= 10


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.RequestFailed),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (412, errors.Conflict),
        (422, errors.Conflict),
        (301, errors.RequestFailed),
        (500, errors.ServerFault),
    ],
)
def test_a_status_becomes_the_error_of_its_kind(session, status, kind):
    body = {"errors": [{"code": "some.code", "message": "The words."}]}
    with pytest.raises(errors.RequestFailed) as caught:
        session(Answer(status, body)).read("GET", "/x")
    assert caught.type is kind
    assert (caught.value.status, caught.value.code) == (status, "some.code")
    assert str(caught.value).startswith(f"Elasticsearch of cluster search: GET /x answered {status}: The words.")


def test_an_expected_status_is_a_reply(session):
    assert session(Answer(404, {"found": False})).read("GET", "/x", expect=(404,)).body == {"found": False}


@pytest.mark.parametrize("answer", [Answer(text="<html>hello"), Answer(text="[1]"), Answer(text="null"), Answer(text="{")])
def test_a_success_that_is_no_json_object_is_unreadable(session, answer):
    with pytest.raises(errors.UnreadableAnswer) as caught:
        session(answer).read("GET", "/x")
    assert "is the address of the API" in caught.value.remedy


def test_an_empty_body_reads_as_an_empty_object(session):
    assert session(Answer(202, text="")).write("POST", "/x").body == {}


def test_an_html_error_is_told_by_its_title(session):
    with pytest.raises(errors.ServerFault, match="answered 502: 502 Bad Gateway") as caught:
        session(*[HTML] * 5).read("GET", "/x")
    assert "<" not in str(caught.value)


@pytest.mark.parametrize("effect", ["write", "write_once"])
def test_check_mode_stops_writes_before_they_leave(session, effect):
    with pytest.raises(errors.WriteInCheckMode, match="PUT /x was stopped"):
        getattr(session(OK, read_only=True), effect)("PUT", "/x")
    assert session.server.requests == []


def test_check_mode_reads_and_logs_in(session):
    who = credentials.LoginToken("admin", SECRET)
    assert session(Answer(body={"token": "t1"}), OK, who=who, read_only=True).read("GET", "/x").body == {"ok": True}


def test_a_login_token_is_fetched_once_and_renewed_when_it_has_expired(session, lines):
    who = credentials.LoginToken("admin", SECRET)
    asked = session(Answer(body={"token": "t1"}), OK, OK, Answer(401), Answer(body={"token": "t2"}), OK, who=who)
    assert all(asked.read("GET", "/x").body == {"ok": True} for _count in range(3))
    used = [request.headers.get("authorization") for request in session.server.requests]
    assert used == [None, "Bearer t1", "Bearer t1", "Bearer t1", None, "Bearer t2"]


def test_a_wrong_password_at_the_login_is_not_tried_again(session):
    with pytest.raises(errors.Unauthorized, match="_login answered 401"):
        session(Answer(401), who=credentials.LoginToken("admin", SECRET)).write_once("POST", "/x")
    assert len(session.server.requests) == 1


def test_a_token_that_is_refused_when_it_is_new_ends_the_attempts(session):
    who = credentials.LoginToken("admin", SECRET)
    with pytest.raises(errors.Unauthorized):
        session(Answer(body={"token": "t1"}), Answer(401), Answer(body={"token": "t2"}), Answer(401), who=who).read("GET", "/x")
    assert len(session.server.requests) == 4


def test_a_login_has_attempts_of_its_own_and_a_lost_one_is_no_lost_write(session):
    who = credentials.LoginToken("admin", SECRET)
    assert session(AWAY, Answer(body={"token": "t1"}), OK, who=who).write_once("POST", "/x").body == {"ok": True}
    with pytest.raises(errors.Unreachable):
        session(*[DROP] * 5, who=credentials.LoginToken("admin", SECRET)).write_once("POST", "/x")
    assert session.server.seen() == ["POST /api/v1/users/auth/_login"] * 5


def test_a_login_without_a_token_is_unreadable(session):
    with pytest.raises(errors.UnreadableAnswer, match="the answer has no token"):
        session(OK, who=credentials.LoginToken("admin", SECRET)).read("GET", "/x")


def test_a_certificate_of_another_ca_is_untrusted_and_the_file_is_named(session, tmp_path):
    other, _certificate = certificates.write(tmp_path, "other", "localhost")
    with pytest.raises(errors.Untrusted) as caught:
        session(OK, ca_path=str(other)).read("GET", "/x")
    assert "is not accepted" in str(caught.value) and str(other) in caught.value.remedy
    assert session.server.requests == []


@pytest.mark.proves("R155")
def test_a_public_ca_is_expected_where_none_is_given(session):
    with pytest.raises(errors.Untrusted) as caught:
        session(OK, ca_path=None).read("GET", "/x")
    assert caught.value.remedy == "give the CA that signed it in ca_path"


def test_a_certificate_for_another_name_is_untrusted(tmp_path, waits):
    ca, certificate = certificates.write(tmp_path, "elsewhere", "elsewhere.example.test")
    with Server(certificate, ca, in_order([OK])) as server, pytest.raises(errors.Untrusted, match="localhost"):
        Transport(wait=waits).session(Target("S", server.url, BASIC, str(ca))).read("GET", "/x")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_can_be_switched_off(session):
    assert session(OK, ca_path=None, validate_certs=False).read("GET", "/x").body == {"ok": True}


def test_a_server_that_breaks_the_handshake_off_is_not_called_untrusted(waits):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        target = Target("S", f"https://127.0.0.1:{port}", BASIC, timeout=5)
        listening.settimeout(5)

        def hang_up():
            for _count in range(5):
                connection, _address = listening.accept()
                connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(errors.Unreachable):
            Transport(wait=waits).session(target).read("GET", "/x")
        thread.join()


def test_nobody_listening_is_unreachable_even_for_a_write_that_must_not_be_repeated(waits):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(errors.Unreachable, match="cannot connect to") as caught:
        Transport(wait=waits).session(Target("S", f"https://127.0.0.1:{port}", BASIC)).write_once("POST", "/x")
    assert len(waits) == 4 and "check the address" in caught.value.remedy


@pytest.mark.parametrize("url", ["https://", "orders.example.test", "ftp://orders.example.test"])
def test_an_address_that_is_none_is_said_at_once(url, waits):
    with pytest.raises(errors.Unreachable, match="the address is not valid"):
        Transport(wait=waits).session(Target("S", url, BASIC)).read("GET", "/x")
    assert waits == []


@pytest.mark.parametrize("key", [SECRET + "\n", SECRET + "\u20ac"])
def test_credentials_that_cannot_be_sent_are_told_without_showing_them(session, key):
    with pytest.raises(errors.Unauthorized) as caught:
        session(OK, who=credentials.ApiKey(key)).read("GET", "/x")
    assert SECRET not in str(caught.value) and "cannot be sent" in str(caught.value)


def test_no_secret_is_in_any_line_error_or_representation(session, lines):
    refused = Answer(400, {"error": {"type": "illegal", "reason": "no"}})
    for who in (BASIC, credentials.ApiKey(SECRET)):
        asked = session(OK, refused, who=who)
        asked.write("PUT", "/x", body={"value": SECRET}, query={"q": SECRET})
        with pytest.raises(errors.RequestFailed) as caught:
            asked.write("PUT", "/x", body={"value": SECRET})
        assert SECRET not in str(caught.value) + repr(who) + repr(asked.target)
    assert lines and not [line for line in lines if SECRET in line]


def test_each_attempt_is_one_line_of_the_log(session, lines):
    asked = session(BUSY, OK)
    asked.write("PUT", "/x")
    assert [line.split(" in ")[0] for line in lines] == [f"write PUT {session.server.url}/x -> {status}" for status in (429, 200)]


def test_a_proxy_of_the_environment_is_used_and_told_when_it_is_dead(waits):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        proxy = f"http://user:{SECRET}@127.0.0.1:{taken.getsockname()[1]}"
    transport = Transport(wait=waits, environment={"HTTPS_PROXY": proxy})
    with pytest.raises(errors.Unreachable) as caught:
        transport.session(Target("S", "https://orders.example.test", BASIC)).write_once("POST", "/x")
    assert "proxy" in str(caught.value).lower() and SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind", "reached", "pauses"),
    [("200 OK", errors.ReplyLost, ["POST /x"], 0), ("503 Service Unavailable", errors.Unreachable, [], 4)],
)
def test_only_a_proxy_that_refuses_has_certainly_let_nothing_through(serve, waits, status, kind, reached, pauses):
    server = serve(in_order([DROP, OK]))
    with Proxy(int(server.url.rpartition(":")[2]), status) as proxy, pytest.raises(errors.RequestFailed) as caught:
        transport = Transport(wait=waits, environment={"HTTPS_PROXY": proxy.url})
        transport.session(Target("S", server.url, BASIC, str(server.ca))).write_once("POST", "/x")
    assert isinstance(caught.value, kind)
    assert (server.seen(), len(waits)) == (reached, pauses)


def test_no_proxy_is_obeyed(serve, waits):
    server = serve(in_order([OK]))
    transport = Transport(wait=waits, environment={"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "localhost"})
    assert transport.session(Target("S", server.url, BASIC, str(server.ca))).read("GET", "/x").body == {"ok": True}


def test_sessions_of_one_transport_share_connections(serve, waits):
    server = serve(in_order([OK, OK]))
    transport = Transport(wait=waits)
    target = Target("S", server.url, BASIC, str(server.ca))
    assert transport.adapter(target) is transport.adapter(Target("T", server.url, credentials.ApiKey("k"), str(server.ca)))
    assert transport.budget(target) is not transport.budget(Target("T", server.url, credentials.ApiKey("k"), str(server.ca)))
