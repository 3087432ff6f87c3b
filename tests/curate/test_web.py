"""A page is fetched from the public internet only, whole or not at all, within limits; the tests use a server on loopback."""

import ast
import contextlib
import gzip
import ipaddress
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slantbank.curate import _web as web
from tests.conftest import ROOT

Handler = Callable[[socket.socket], None]
PAGE = b"<!doctype html><title>t</title><p>Text."


def answer(body: bytes = PAGE, status: str = "200 OK", **headers: str) -> bytes:
    """An HTTP response with a length and, by default, the type of an HTML page; empty headers are left out."""
    fields = {"content_type": "text/html", "content_length": str(len(body)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


class Server:
    """A server on loopback, with its answers by path and the requests that it received."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, bytes | Handler] = {}
        self.requests: list[str] = []
        self.names: list[str | None] = []
        outer = self

        class Serve(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    connection = context.wrap_socket(self.request, server_side=True) if context else self.request
                    request = b""
                    while b"\r\n\r\n" not in request:
                        request += connection.recv(4096)
                    outer.requests.append(request.decode())
                    response = outer.answers[request.split()[1].decode()]
                    if callable(response):
                        response(connection)
                    else:
                        connection.sendall(response)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Serve)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.port = self.server.server_address[1]

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as running:
        yield running


def here(address: web.Address) -> bool:
    """Whether an address is public, or this machine, which counts as public in these tests alone."""
    return str(address) == "127.0.0.1" or web.is_public(address)


def fetch(url: str, **limits: float) -> web.Page:
    return web.fetch(url, allowed=here, **limits)  # type: ignore[arg-type]


def refused(url: str, **limits: float) -> str:
    with pytest.raises(web.FetchError) as caught:
        fetch(url, **limits)
    assert str(caught.value).startswith(f"{url}: ")
    return str(caught.value).removeprefix(f"{url}: ")


def test_a_page_comes_with_its_address_type_and_charset(server: Server) -> None:
    server.answers["/a%20b%C3%A9?q=%22"] = answer(content_type='text/html; charset="Windows-1251"')
    page = fetch(server.url('/a%20bé?q="#part'))
    assert page == web.Page(server.url('/a%20bé?q="'), "text/html", "windows-1251", PAGE)
    head = server.requests[0].split("\r\n")
    assert head[0] == "GET /a%20b%C3%A9?q=%22 HTTP/1.1"
    assert head[1] == f"Host: 127.0.0.1:{server.port}"
    assert "User-Agent: slantbank/0." in server.requests[0]
    assert "cookie" not in server.requests[0].lower()


def test_a_compressed_page_is_uncompressed_and_chunks_are_joined(server: Server) -> None:
    server.answers["/gzip"] = answer(gzip.compress(PAGE), content_encoding="gzip")
    server.answers["/chunks"] = answer(b"3\r\n<p>\r\n5\r\nText.\r\n0\r\n\r\n", content_length="", transfer_encoding="chunked")
    assert fetch(server.url("/gzip")).content == PAGE
    assert fetch(server.url("/chunks")).content == b"<p>Text."


def test_redirects_are_followed_and_the_last_address_is_kept(server: Server) -> None:
    server.answers["/old"] = answer(b"", "301 Moved", location="/new?x=1")
    server.answers["/new?x=1"] = answer()
    assert fetch(server.url("/old")).url == server.url("/new?x=1")


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (answer(status="404 Not Found"), "the server answered 404 Not Found"),
        (answer(status="500 Oh \x1b[31m"), "the server answered 500 Oh \x1b[31m"),
        (answer(b"", "204 No Content"), "the server answered 204 No Content"),
        (answer(b"", "302 Found"), "the server answered 302 Found"),
        (answer(content_type="application/pdf"), "application/pdf is not a page of text"),
        (answer(content_type=""), "no content type is not a page of text"),
        (answer(content_encoding="br"), "the answer is packed as br, which is not read"),
        (answer(b"no gzip", content_encoding="gzip"), "the answer cannot be read"),
        (answer(gzip.compress(PAGE)[:-9], content_encoding="gzip"), "the answer was cut short"),
        (answer(content_length="1000"), "the answer was cut short"),
        (answer(b"5\r\nTe", content_length="", transfer_encoding="chunked"), "the answer was cut short"),
        (answer(b"a" * 2001), "more than 2,000 bytes"),
        (answer(b"a" * 2001, content_length=""), "more than 2,000 bytes"),
        (answer(gzip.compress(b"a" * 5_000_000), content_encoding="gzip"), "more than 2,000 bytes"),
        (b"SSH-2.0-server\r\n", "the answer cannot be read: SSH-2.0-server"),
        (b"", "the answer cannot be read: Remote end closed connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200, "the answer cannot be read: got more than 100 headers"),
        (b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000, "the answer cannot be read: got more than 65536 bytes"),
    ],
)
def test_an_answer_that_is_no_whole_page_of_text_is_refused(server: Server, response: bytes, message: str) -> None:
    server.answers["/"] = response
    assert message in refused(server.url(), most=2000)


def test_a_header_without_end_is_no_content_type(server: Server) -> None:
    # parsing it takes quadratic time, and no limit is checked meanwhile
    server.answers["/"] = answer(content_type="text/html" + ("\r\n " + ";;" * 30_000) * 30)
    assert refused(server.url("/")).startswith("no content type is not a page of text")


def test_a_bomb_is_not_unpacked_beyond_the_limit(server: Server) -> None:
    import tracemalloc

    server.answers["/"] = answer(gzip.compress(b"\0" * 200_000_000, 9), content_encoding="gzip")
    tracemalloc.start()
    assert "more than 1,000,000 bytes" in refused(server.url(), most=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nx-y: ", answer(content_length="")])
def test_a_server_that_drips_for_ever_is_left_when_the_time_is_over(server: Server, start: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(b"a")
            time.sleep(0.02)

    server.answers["/"] = drip
    assert refused(server.url(), seconds=0.3) == "not there after 0.3 seconds"


def test_a_resolver_that_does_not_answer_is_left_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    finished = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: finished.wait(5))
    assert refused("http://slow.example/", seconds=0.1) == "not there after 0.1 seconds"
    finished.set()


def test_the_time_is_for_all_redirects_together(server: Server) -> None:
    def late(connection: socket.socket) -> None:
        time.sleep(0.15)
        connection.sendall(answer(b"", "302 Found", location="/"))

    server.answers["/"] = late
    assert "not there after 0.4 seconds" in refused(server.url(), seconds=0.4)


def test_redirects_without_end_are_left(server: Server) -> None:
    server.answers["/"] = answer(b"", "302 Found", location="/")
    assert refused(server.url()) == "more than 5 redirects"
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://127.0.0.2/", "127.0.0.2 is not on the public internet"),
        ("http://[::1]/", "::1 is not on the public internet"),
        ("//10.0.0.1/", "10.0.0.1 is not on the public internet"),
        ("file:///etc/passwd", "only http and https addresses are fetched"),
        ("ftp://9.9.9.9/", "only http and https addresses are fetched"),
        ("http://a:b@9.9.9.9/", "a name or password"),
        ("http://9.9.9.9/ x", "no white space"),
    ],
)
def test_each_redirect_is_checked(server: Server, location: str, message: str) -> None:
    server.answers["/"] = answer(b"", "302 Found", location=location)
    reason = refused(server.url())
    assert reason.startswith("redirected to ")
    assert message in reason


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1", "0", "0.0.0.0", "localhost"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1]", "[fc00::1]", "[ff02::1]"),
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        "１２７.0.0.1",
    ],
)
def test_no_address_of_this_machine_or_a_private_network_is_connected_to(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
    with pytest.raises(web.FetchError, match="is not on the public internet, and is not fetched"):
        web.fetch(f"http://{host}/")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *(("9.9.9.9", True), ("2620:fe::9", True), ("::ffff:9.9.9.9", True), ("64:ff9b::9.9.9.9", True), ("2002:909:909::1", True)),
        *(("64:ff9b::10.0.0.1", False), ("2002:7f00:1::1", False), ("2002:a00:1::", False), ("::ffff:10.0.0.1", False)),
        *(("64:ff9b:1::9.9.9.9", False), ("::9.9.9.9", False), ("::127.0.0.1", False), ("2001::9", False), ("fec0::1", False)),
        *(("192.0.0.8", False), ("192.0.2.1", False), ("198.18.0.1", False), ("192.88.99.1", False), ("2001:db8::1", False)),
        *(("3fff::1", False), ("100.127.255.255", False), ("100.128.0.1", True), ("5f00::1", False), ("fd00::1", False)),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert web.is_public(ipaddress.ip_address(address)) is public


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str, port: int = 80) -> list[str]:
    """Make every name resolve to the addresses; return the list of names that are looked up."""
    asked: list[str] = []

    def look_up(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "9.9.9.9", "10.0.0.1")
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
    message = "several.example (10.0.0.1) is not on the public internet, and is not fetched"
    with pytest.raises(web.FetchError) as caught:
        web.fetch("http://several.example/")
    assert str(caught.value) == f"http://several.example/: {message}"


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    asked = resolving(monkeypatch, "127.0.0.1", port=server.port)
    connected: list[object] = []
    connect = socket.socket.connect

    def note(self: socket.socket, where: object) -> None:
        connected.append(where)
        connect(self, where)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", note)
    server.answers["/"] = answer()
    fetch(f"http://news.example:{server.port}/")
    assert asked == ["news.example"]
    assert connected == [("127.0.0.1", server.port)]
    assert f"Host: news.example:{server.port}\r\n" in server.requests[0]


def test_the_next_address_is_tried_when_one_does_not_answer(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
    resolving(monkeypatch, "127.0.0.1", "127.0.0.1", port=nobody)
    assert "refused" in refused("http://news.example/")
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (nobody, server.port)],
    )
    server.answers["/"] = answer()
    assert fetch("http://news.example/").content == PAGE


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "ftp://news.example/", "javascript://x", "gopher://x/", "http://", "http:///path", "http://x:0/"),
        *("http://user@news.example/", "http://user:pass@news.example/", "http://x:99999/", "http://x:y/", "http://[::1/"),
        *("http://news.example/a b", "http://news.example/\r\nHost: other", "http://news.example\\@other/", "http://a\tb/"),
    ],
)
def test_an_address_that_is_not_fetched_is_a_usage_error(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    with pytest.raises(ValueError, match=re.escape(f"{url}: ")):
        web.fetch(url)


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example", "a%2eb", "[fe80::1%25eth0]", "a*b", "[v1.x]"])
def test_a_host_that_is_no_name_is_refused_before_it_is_looked_up(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    with pytest.raises((web.FetchError, ValueError)):
        web.fetch(f"http://{host}/")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answers["/"] = answer()
    assert fetch(server.url()).content == PAGE


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=news.example"]
    command += ["-addext", "subjectAltName=DNS:news.example", "-keyout", str(path), "-out", str(path) + ".crt"]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


def test_https_asks_for_the_name_and_checks_the_certificate(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    with serving(Server(context)) as server:
        server.answers["/"] = answer()
        resolving(monkeypatch, "127.0.0.1", port=server.port)
        assert "its certificate is not good: self" in refused("https://news.example/")
        monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
        assert fetch("https://news.example/").content == PAGE
        assert names == ["news.example", "news.example"]
        assert "its certificate is not good: Hostname mismatch" in refused("https://other.example/")


NETWORK = {"socket", "ssl", "http", "urllib.request", "urllib3", "requests", "httpx", "httpx2", "aiohttp", "ftplib", "asyncio"}


def test_no_other_module_imports_what_reaches_the_network() -> None:
    modules = set()
    for path in (ROOT / "src" / "slantbank").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any({name, name.split(".")[0]} & NETWORK for name in names):
                modules.add(path.name)
    assert modules == {"_web.py"}
