"""The example gateway over real connections: it keeps callers apart, changes no byte, and fails visibly."""

import asyncio
import socket
import threading
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

import conversation_models as cm
from examples.gateway import Gateway, forwarded

from ..support.each import each
from ..support.streams import sse
from .example_gateway import Served, exchange, serving_gateway
from .servers import PATIENCE, Connection, Script, serving

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


def answering(answer: bytes) -> Script:
    async def script(connection: Connection) -> None:
        await connection.raw(answer)

    return script


@dataclass
class Upstream:
    """Answers each request with ``script``, which a test may replace."""

    script: Script = field(default_factory=lambda: answering(OK))
    heads: list[bytes] = field(default_factory=list)
    """Of the requests that it received."""

    async def __call__(self, connection: Connection) -> None:
        self.heads.append(connection.request)
        await self.script(connection)


@pytest.fixture(scope="module", params=["h11", "httptools"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """The gateway. Uvicorn's two parsers differ in the targets and the headers that they let through."""
    pytest.importorskip(request.param)
    with serving_gateway(request.param) as served:
        yield served


only_h11 = pytest.mark.parametrize("served", ["h11"], indirect=True)


@pytest.fixture
def upstream(served: Served) -> Iterator[Upstream]:
    """The upstream of the gateway."""
    upstream = Upstream()
    with serving(upstream) as url:
        served.gateway.base_url = httpx.URL(url)
        yield upstream
    assert served.accounts.empty()


def get(url: str, target: bytes = b"/", *lines: bytes) -> bytes:
    """Ask for ``target`` as it is, with those header lines, and return the whole answer."""
    return exchange(url, b"\r\n".join([b"GET %b HTTP/1.1" % target, b"host: gateway", *lines, b"", b""]))


def field_lines(head: bytes) -> list[bytes]:
    """The header lines of a message, with names in lower case."""
    lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [name.lower() + b": " + value for name, value in (line.split(b": ", 1) for line in lines)]


# Cookies ---------------------------------------------------------------------------------------------------------


def test_a_cookie_that_one_caller_gets_is_not_sent_for_another(served: Served, upstream: Upstream) -> None:
    cookies = b"Set-Cookie: session=alice; Path=/; HttpOnly\r\nSet-Cookie: theme=dark\r\n"
    upstream.script = answering(OK.replace(b"connection:", cookies + b"connection:"))
    with (
        httpx.Client(base_url=served.url, trust_env=False) as alice,
        httpx.Client(base_url=served.url, trust_env=False) as bob,
    ):
        answer = alice.get("/login")
        bob.get("/v1/conversations")
        alice.get("/v1/conversations")
    assert answer.headers.get_list("set-cookie") == ["session=alice; Path=/; HttpOnly", "theme=dark"]
    sent = [[line for line in field_lines(head) if line.startswith(b"cookie:")] for head in upstream.heads]
    assert sent == [[], [], [b"cookie: session=alice; theme=dark"]]


# Targets ---------------------------------------------------------------------------------------------------------

FORWARDED = [
    b"/",
    b"/v1/conversations",
    b"/v1/conversations/a%2Fb",
    b"/v1/conversations/a%2fb/",
    b"/v1/conversations/%3Fa=b",
    b"/v1/conversations/%23a",
    b"/v1/conversations/a%20b+c",
    b"/v1/conversations/%E2%9C%93",
    b"/v1/conversations/%e2%9c%93",
    b"/v1/conversations/%FF%00%0D%0A",
    b"/v1/conversations/a%5Cb",
    b"/v1/conversations/%252e%252e%252f",
    b"/v1/conversations/a;b=c,d:e@f",
    b"/v1/conversations/~!$&'()*+-_",
    b"/v1/...",
    b"/v1/..a/.b/c../.%61/a..%C3%A9",
    b"/.well-known/",
    b"//v1//conversations//",
    b"/v1/conversations?page=0&page=1",
    b"/v1/conversations?%2F..%2F%3F%23%zz",
    b"/v1/conversations?/../..?//",
    b"/v1/conversations?a[]={b}|^`\\'",
    b"/?=",
]
REFUSED = [
    b"/v1/conversations/a%2F..%2F..%2Fadmin",
    b"/v1/../admin",
    b"/v1/..",
    b"/..",
    b"/.",
    b"/v1/./admin",
    b"/v1/%2e%2e/admin",
    b"/v1/.%2E/admin",
    b"/v1/%2E/admin",
    b"/v1/..%2Fadmin",
    b"/v1/%2e%2e%2fadmin",
    b"/v1%2F..",
    b"/v1/..\\admin",
    b"/v1\\..\\admin",
    b"/v1%5C..%5Cadmin",
    b"/v1/..%5Cadmin",
    b"/v1/..;/admin",
    b"/v1/..%3B/admin",
    b"/v1/..%3F",
    b"/v1/..%23",
    b"/v1/..%00",
    b"/v1/..%0A",
    b"/v1/..%20/admin",
    b"/v1/..?a=b",
    b"/v1\\admin",
    b"/v1/%zz",
    b"/v1/%",
    b"/v1/%2",
    b'/v1/"a"',
    b"/v1/{a}",
    b"/v1/<a>",
    b'/v1?"a"',
    b"/v1?<a>",
    b"/" + b"a" * 8000,
    b"*",
]


@each("target", FORWARDED)
def test_upstream_gets_the_target_byte_for_byte(served: Served, upstream: Upstream, target: bytes) -> None:
    upstream.heads.clear()
    assert get(served.url, target, b"connection: close").startswith(b"HTTP/1.1 200 ")
    (head,) = upstream.heads
    assert head.startswith(b"GET %b HTTP/1.1\r\n" % target)


@each("target", REFUSED)
def test_a_path_that_could_be_read_as_another_is_refused(served: Served, upstream: Upstream, target: bytes) -> None:
    upstream.heads.clear()
    assert get(served.url, target, b"connection: close").startswith(b"HTTP/1.1 400 ")
    assert upstream.heads == []


@only_h11
@pytest.mark.parametrize("target", [b"http://elsewhere/v1/conversations", b"elsewhere:443", b"/v1/conversations#a"])
def test_a_target_that_is_not_a_path_is_refused(served: Served, upstream: Upstream, target: bytes) -> None:
    """``httptools`` takes the path out of such a target."""
    assert get(served.url, target, b"connection: close").startswith(b"HTTP/1.1 400 ")
    assert upstream.heads == []


def test_the_body_of_a_refused_request_is_not_read_as_a_request(served: Served, upstream: Upstream) -> None:
    inner = b"GET /v1/inner HTTP/1.1\r\nhost: gateway\r\n\r\n"
    outer = b"POST /v1/../admin HTTP/1.1\r\nhost: gateway\r\ncontent-length: %d\r\n\r\n%b" % (len(inner), inner)
    answers = exchange(served.url, outer + b"GET /v1/last HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n")
    assert [line for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")] == [
        b"HTTP/1.1 400 Bad Request",
        b"HTTP/1.1 200 OK",
    ]
    (head,) = upstream.heads
    assert head.startswith(b"GET /v1/last HTTP/1.1\r\n")


def called(base_url: str, **scope: Any) -> int:
    """Call the gateway itself, with what a server may put into its scope, and return the status."""
    sent: list[MutableMapping[str, Any]] = []
    gateway = Gateway(base_url, lambda _: None)
    messages = [{"type": "http.request"}]

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def call() -> None:
        await gateway({"type": "http", "method": "GET", "query_string": b"", "headers": []} | scope, receive, send)
        await gateway.aclose()

    asyncio.run(call())
    status: int = sent[0]["status"]
    return status


@pytest.mark.parametrize("scope", [{}, {"raw_path": None}])
def test_a_server_may_leave_out_the_raw_path(scope: dict[str, Any]) -> None:
    upstream = Upstream()
    with serving(upstream) as url:
        assert called(url, path="/v1/é b?#%/c", query_string=b"a=b", **scope) == 200
        assert called(url, path="/v1/a/../../admin", **scope) == 400
        assert called(url, path="*", **scope) == 400
    (head,) = upstream.heads
    assert head.startswith(b"GET /v1/%C3%A9%20b%3F%23%25/c?a=b HTTP/1.1\r\n")


def test_a_server_may_put_the_query_into_the_raw_path() -> None:
    upstream = Upstream()
    with serving(upstream) as url:
        assert called(url, path="/v1/a/b", raw_path=b"/v1/a%2Fb?c=d", query_string=b"c=d") == 200
    assert upstream.heads[0].startswith(b"GET /v1/a%2Fb?c=d HTTP/1.1\r\n")


@pytest.mark.parametrize("text", [b"a b", b"a\r\nx: y", b"a\n", b"\xff", b"a\0", b"a#b"])
@pytest.mark.parametrize("part", ["path", "query"])
def test_text_that_no_server_lets_through_is_refused(part: str, text: bytes) -> None:
    upstream = Upstream()
    parts = {"raw_path": b"/" + text} if part == "path" else {"raw_path": b"/", "query_string": text}
    with serving(upstream) as url:
        assert called(url, path="/", **parts) == 400
    assert upstream.heads == []


def test_the_path_of_the_base_url_comes_first() -> None:
    upstream = Upstream()
    with serving(upstream) as url:
        assert called(url + "mistral%2F/", path="//v1/", raw_path=b"//v1%2F") == 200
    assert upstream.heads[0].startswith(b"GET /mistral%2F//v1%2F HTTP/1.1\r\n")


# Headers ---------------------------------------------------------------------------------------------------------

OF_THE_CONNECTION = [
    b"Connection: close, X-Named",
    b"connection: x-also-named ,X-NAMED-TOO",
    b"X-Named: 1",
    b"x-also-named: 2",
    b"X-Named-Too: 3",
    b"Keep-Alive: timeout=5",
    b"Proxy-Authenticate: Basic",
    b"Proxy-Authorization: Basic eDp5",
    b"Proxy-Connection: keep-alive",
    b"TE: trailers",
    b"Trailer: x-checksum",
    b"Upgrade: h2c",
]
OF_THE_MESSAGE = [b"x-kept: 1", b"x-kept: 2", b"authorization: Bearer caller", b"x-proxy-kept: 3", b"x-bytes: caf\xe9"]


def test_the_headers_of_a_callers_connection_stay_here(served: Served, upstream: Upstream) -> None:
    own = [b"accept: text/plain", b"user-agent: me", b"Accept-Encoding: gzip"]
    assert get(served.url, b"/", *OF_THE_CONNECTION, *OF_THE_MESSAGE, *own).startswith(b"HTTP/1.1 200 ")
    (head,) = upstream.heads
    found = [line for line in field_lines(head) if not line.startswith(b"host: 127.0.0.1:")]
    kept = [*OF_THE_MESSAGE, b"accept: text/plain", b"user-agent: me"]
    assert sorted(found) == sorted([*kept, b"accept-encoding: identity"])


def test_a_request_gets_no_header_that_describes_the_gateway(served: Served, upstream: Upstream) -> None:
    assert get(served.url, b"/", b"connection: close").startswith(b"HTTP/1.1 200 ")
    (head,) = upstream.heads
    host = f"host: 127.0.0.1:{served.gateway.base_url.port}".encode()
    assert field_lines(head) == [host, b"accept-encoding: identity"]


def test_the_headers_of_upstreams_connection_stay_here(served: Served, upstream: Upstream) -> None:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: 2", *OF_THE_CONNECTION, *OF_THE_MESSAGE, b"", b"{}"]
    upstream.script = answering(b"\r\n".join(lines))
    head, _, body = get(served.url, b"/", b"connection: close").partition(b"\r\n\r\n")
    assert body == b"{}"
    found = [line for line in field_lines(head) if not line.startswith((b"date:", b"server:"))]  # Uvicorn's own.
    assert sorted(found) == sorted([*OF_THE_MESSAGE, b"content-length: 2", b"connection: close"])


def test_an_answer_has_one_date_and_one_server(served: Served, upstream: Upstream) -> None:
    upstream.script = answering(OK.replace(b"connection:", b"Date: Thu, 01 Jan 1970\r\nServer: up\r\nconnection:"))
    found = field_lines(get(served.url, b"/", b"connection: close"))
    assert [line for line in found if line.startswith(b"server:")] == [b"server: uvicorn"]
    (date,) = [line for line in found if line.startswith(b"date:")]
    assert b"1970" not in date


def test_the_names_of_headers_are_in_lower_case_as_asgi_wants_them() -> None:
    assert forwarded([(b"X-Kept", b"Value"), (b"ETag", b"W/")]) == [(b"x-kept", b"Value"), (b"etag", b"W/")]


def test_spaces_after_a_value_are_not_part_of_it(served: Served, upstream: Upstream) -> None:
    assert get(served.url, b"/", b"connection: close", b"authorization: Bearer key \t").startswith(b"HTTP/1.1 200 ")
    assert b"authorization: Bearer key" in field_lines(upstream.heads[0])


def test_a_header_that_cannot_be_forwarded_is_refused_and_its_value_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No server of these tests lets such a header through."""
    upstream = Upstream()
    with serving(upstream) as url:
        assert called(url, method="POST", path="/", headers=[(b"authorization", b"Bearer secret\0")]) == 400
    assert upstream.heads == []
    assert "secret" not in caplog.text


@only_h11
@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ([b"content-length: 3", b"transfer-encoding: chunked"], b"5\r\nhello\r\n0\r\n\r\n"),
        ([b"transfer-encoding: chunked", b"content-length: 300"], b"5\r\nhello\r\n0\r\n\r\n"),
        ([b"transfer-encoding: chunked"], b"5\r\nhello\r\n0\r\n\r\n"),
        ([b"content-length: 5", b"connection: content-length"], b"hello"),
    ],
)
def test_a_body_has_one_length_on_either_side(
    served: Served, upstream: Upstream, lines: list[bytes], body: bytes
) -> None:
    """``httptools`` refuses a request with two lengths."""
    received: list[bytes] = []
    answer = b"\r\n".join([b"HTTP/1.1 200 OK", b"connection: close", *lines, b"", body])

    async def script(connection: Connection) -> None:
        received.append(await connection.receive(5))
        await connection.raw(answer)

    upstream.script = script
    head = [b"POST / HTTP/1.1", b"host: gateway", b"connection: close", *lines, b"", body]
    answered = exchange(served.url, b"\r\n".join(head))
    assert received == [b"hello"]
    lengths = (b"content-length:", b"transfer-encoding:")
    assert [line for line in field_lines(upstream.heads[0]) if line.startswith(lengths)] == [b"content-length: 5"]
    assert [line for line in field_lines(answered) if line.startswith(lengths)] == [b"transfer-encoding: chunked"]
    assert answered.endswith(b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert served.record().status == "unreadable"


# Metering --------------------------------------------------------------------------------------------------------

STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DONE = sse({"type": "conversation.response.done", "usage": {"total_tokens": 7}})
RESPONSE = b'{"conversation_id": "c1", "outputs": [], "usage": {"total_tokens": 7}}'


def accounted(served: Served) -> tuple[Any, Any]:
    """The conversation and the total of tokens that the gateway accounts for."""
    record = served.record()
    return record.conversation_id, record.usage and record.usage.total_tokens


@pytest.mark.parametrize("media_type", ["Text/Event-Stream; charset=utf-8", "TEXT/EVENT-STREAM", "text/event-stream"])
def test_the_case_of_a_media_type_does_not_matter(served: Served, upstream: Upstream, media_type: str) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(type=media_type)
        await connection.send(STARTED + DONE)
        await connection.end()

    upstream.script = script
    assert get(served.url, b"/", b"connection: close").startswith(b"HTTP/1.1 200 ")
    assert accounted(served) == ("c1", 7)


@only_h11
def test_the_case_of_a_method_does_not_matter(served: Served, upstream: Upstream) -> None:
    """``httptools`` refuses a method in lower case."""
    upstream.script = answering(OK[:-2].replace(b": 2", b": 70") + RESPONSE)
    request = b"post / HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
    assert exchange(served.url, request).endswith(RESPONSE)
    assert upstream.heads[0].startswith(b"POST ")
    assert accounted(served) == ("c1", 7)


# Upstream fails --------------------------------------------------------------------------------------------------


async def resets(connection: Connection) -> None:
    connection.reset()


NO_ANSWER = {
    "closes": answering(b""),
    "resets": resets,
    "sends half a head": answering(b"HTTP/1.1 200 OK\r\ncontent-type: text/ev"),
    "speaks another protocol": answering(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "sends a header with a line end in it": answering(OK.replace(b"connection:", b"x: a\rb\r\nconnection:")),
}


@pytest.mark.parametrize("script", NO_ANSWER.values(), ids=NO_ANSWER)
def test_an_upstream_that_does_not_answer_is_a_502(
    served: Served, upstream: Upstream, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.script = script
    answer = httpx.post(f"{served.url}/v1/conversations", json={}, trust_env=False)
    assert (answer.status_code, answer.text) == (502, "Upstream did not answer.")
    # The operator sees the reason, the caller does not.
    assert [message for message in caplog.messages if message.startswith("Upstream did not answer: ")]
    # It may have done the work.
    assert served.record() == cm.UsageRecord(kind="response", status="truncated")
    assert httpx.get(served.url, trust_env=False).status_code == 502


@pytest.mark.parametrize("host", ["127.0.0.1", "upstream.invalid"])
def test_an_upstream_that_cannot_be_reached_is_a_502(served: Served, host: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # It does not listen.
        served.gateway.base_url = httpx.URL(f"http://{host}:{bound.getsockname()[1]}")
        answers = [httpx.post(served.url, json={}, trust_env=False) for _ in range(2)]
    assert [(answer.status_code, answer.text) for answer in answers] == [(502, "Upstream did not answer.")] * 2
    assert served.accounts.empty()


def cut_off(connection: Connection) -> None:
    """The connection ends with the script, before the end of the body."""


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "with a length"])
@pytest.mark.parametrize("end", [cut_off, Connection.reset], ids=["cut off", "reset"])
@pytest.mark.parametrize("part", [b"", STARTED, STARTED + DONE], ids=["before the body", "in the body", "after it"])
def test_an_answer_that_breaks_off_upstream_breaks_off_here(
    served: Served, upstream: Upstream, chunked: bool, end: Any, part: bytes
) -> None:
    """The caller's HTTP library raises: half an answer does not look whole."""
    received = bytearray()
    arrived = threading.Event()

    async def script(connection: Connection) -> None:
        await connection.head(chunked=chunked, length=None if chunked else 1000)
        if part:
            await connection.send(part)
        # A reset discards bytes that the gateway has not read.
        assert await asyncio.to_thread(arrived.wait, PATIENCE)
        end(connection)

    upstream.script = script
    with httpx.Client(trust_env=False) as client, client.stream("POST", served.url) as answer:
        assert answer.status_code == 200
        pieces = answer.iter_raw()
        while received != part:
            received.extend(next(pieces))
        arrived.set()
        with pytest.raises(httpx.RemoteProtocolError):
            next(pieces)
    assert accounted(served) == ("c1" if part else None, 7 if DONE in part else None)
