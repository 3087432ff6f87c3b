"""Fetch one web page that a person named. Apart from the client for models, only this module uses the network, for `new` alone.

It uses the standard library, so that the address that was checked is the address that is connected to: a name is resolved once,
every address is checked, and the socket is opened to the address, not to the name. No proxy, cookie, credential or environment
variable is used. A page that a person names is fetched as by a browser: no link is followed, and robots.txt, which is for programs
that follow links, is not read.
"""

import http.client
import io
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

SECONDS = 20.0
MOST = 5_000_000
REDIRECTS = 5
TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/x-markdown")
"""The media types from which an article can be made."""

Address = IPv4Address | IPv6Address


class LargeError(ValueError):
    """A body has more bytes than an article may have."""


class FetchError(OSError):
    """A page could not be fetched, or must not be; the message starts with its address."""


@dataclass(frozen=True)
class Page:
    """A fetched page: its address after redirects, media type, declared charset, bytes, and the day (None: today)."""

    url: str
    media_type: str
    charset: str | None
    content: bytes
    day: date | None = None


def fetch(url: str, *, seconds: float = SECONDS, most: int = MOST, allowed: Callable[[Address], bool] | None = None) -> Page:
    """Fetch the page at an http or https address, within `seconds` in all and `most` bytes, compressed and uncompressed.

    `allowed` says which IP addresses may be connected to (None: `is_public`). Raises ValueError if `url` has a form that is not
    fetched, and FetchError for every later failure.
    """
    end = time.monotonic() + seconds
    at = url
    try:
        _parts(url)
    except ValueError as error:
        raise ValueError(f"{url}: {error}") from error
    try:
        for _ in range(REDIRECTS + 1):
            answer = _get(_parts(at), end, most, allowed or is_public)
            if isinstance(answer, Page):
                return answer
            at = urljoin(at, answer)
        reason = f"more than {REDIRECTS} redirects"
    except TimeoutError:
        reason = f"not there after {seconds:g} seconds"
    except ssl.SSLCertVerificationError as error:
        reason = f"its certificate is not good: {error.verify_message}"
    except http.client.IncompleteRead:
        reason = "the answer was cut short"
    except (http.client.HTTPException, zlib.error) as error:
        reason = f"the answer cannot be read: {error or type(error).__name__}"
    except OSError as error:
        reason = error.strerror or str(error)
    except ValueError as error:
        reason = str(error)
    raise FetchError(f"{url}: {reason}" if at == url else f"{url}: redirected to {at}: {reason}")


_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ip_network("2000::/3")
_NOT_GLOBAL = [ip_network(block) for block in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")]
"""Blocks that are not public, but that `ipaddress` takes for public in some Python versions."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, and not to this machine, a local network or a special purpose.

    An address that embeds an IPv4 address (mapped, NAT64, 6to4) is public if that one is.

    >>> [is_public(ip_address(text)) for text in ("9.9.9.9", "127.0.0.1", "64:ff9b::10.0.0.1", "100.64.0.1")]
    [True, False, False, False]
    """
    if isinstance(address, IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            embedded = IPv4Address(int(address) & 0xFFFF_FFFF)
        if embedded is not None:
            return is_public(embedded)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in block for block in _NOT_GLOBAL)


def _parts(url: str) -> SplitResult:
    """The parts of an address that may be fetched. Raises ValueError for any other."""
    if re.search(r"[\x00-\x20\x7f-\xa0\\]", url):
        raise ValueError("an address holds no white space, control character or backslash")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError("only http and https addresses are fetched")
    if "@" in parts.netloc:
        raise ValueError("an address with a name or password in it is not fetched")
    if not parts.hostname or parts.port == 0 or ("[" in parts.netloc and ":" not in parts.hostname):
        raise ValueError("there is no host in the address")
    return parts


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    try:
        name = name if ":" in name else name.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError("the host is not a name that can be looked up") from error
    if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f.:]+", name):
        raise ValueError("the host is not a name that can be looked up")
    return name


def _get(parts: SplitResult, end: float, most: int, allowed: Callable[[Address], bool]) -> Page | str:
    """The page, or the address that the server redirects to."""
    host = _host(parts)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = _connect(_look_up(host, port, end, allowed), end)
    try:
        if parts.scheme == "https":
            connection.settimeout(_seconds_left(end))
            connection = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
        connection.settimeout(_seconds_left(end))
        connection.sendall(_request(parts, host))
        response = http.client.HTTPResponse(_TimedSocket(connection, end))  # type: ignore[arg-type]
        response.begin()
        if response.status in (301, 302, 303, 307, 308) and response.headers["location"]:
            return str(response.headers["location"]).strip()
        if response.status != 200:
            raise ValueError(f"the server answered {response.status} {response.reason}".rstrip())
        media_type = _media_type(response)
        if media_type not in TYPES:
            raise ValueError(f"{media_type or 'no content type'} is not a page of text; {', '.join(TYPES[:-1])} are")
        charset = response.headers.get_content_charset()
        return Page(parts._replace(fragment="").geturl(), media_type, charset, _body(response, most))
    finally:
        connection.close()


def read_response(file: io.BufferedReader, most: int = MOST) -> tuple[str, str | None, bytes] | str:
    """Read a stored HTTP response: the media type, charset and body of a page of HTML; for anything else, its kind as a string.

    Raises LargeError if the body has more than `most` bytes, ValueError if its compression is unknown or it is not complete.
    """
    status = re.fullmatch(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)[^\n]*\n", file.readline(1_000))
    if not status:
        raise ValueError("the answer is not of HTTP")
    if status[1] != b"200":
        return f"response {status[1].decode()}"
    response = http.client.HTTPResponse(_StoredResponse(file))  # type: ignore[arg-type]
    try:
        response.begin()
        media_type = _media_type(response)
        if media_type not in ("text/html", "application/xhtml+xml"):
            main = media_type.partition("/")[0]
            return f"response {main}/*" if main in _MEDIA else "response of no known type"
        # Crawlers uncompress a body and keep the headers: the first byte shows what it is, and the file has its length.
        response.length = None
        response.chunked = response.chunked and bool(re.match(rb"[0-9a-fA-F]", file.peek(1)))
        if "gzip" in (response.headers["content-encoding"] or "").lower() and response.peek(1)[:1] != b"\x1f":
            if response.isclosed():
                raise ValueError("the answer was cut short")
            del response.headers["content-encoding"]
        return media_type, response.headers.get_content_charset(), _body(response, most)
    except http.client.IncompleteRead as error:
        raise ValueError("the answer was cut short") from error
    except (http.client.HTTPException, zlib.error) as error:
        raise ValueError(f"the answer cannot be read: {error or type(error).__name__}") from error


def _media_type(response: http.client.HTTPResponse) -> str:
    """Return the media type that a response states, else "". Long headers are ignored, for parsing takes quadratic time."""
    return response.headers.get_content_type() if 0 < len(response.headers["content-type"] or "") < 1_000 else ""


_MEDIA = ("application", "audio", "font", "image", "message", "model", "multipart", "text", "video")


class _StoredResponse:
    """A file after its status line, in the form of a socket for http.client, with a status line that it accepts (not HTTP/2)."""

    def __init__(self, file: io.BufferedReader) -> None:
        self.file = file
        self.start = [b"HTTP/1.1 200 OK\r\n"]

    def makefile(self, mode: str) -> "_StoredResponse":
        return self

    def readline(self, most: int = -1) -> bytes:
        return self.start.pop() if self.start else self.file.readline(most)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def _request(parts: SplitResult, host: str) -> bytes:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?") if parts.query else ""
    shown = f"[{host}]" if ":" in host else host
    lines = (
        f"GET {path}{query} HTTP/1.1",
        f"Host: {shown}:{parts.port}" if parts.port else f"Host: {shown}",
        f"User-Agent: slantbank/{version('slantbank')}",
        f"Accept: {', '.join(TYPES)}",
        "Accept-Encoding: gzip",
        "Connection: close",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")


def _look_up(host: str, port: int, end: float, allowed: Callable[[Address], bool]) -> list[Any]:
    """Resolve a host, in the form of getaddrinfo. Raises ValueError if one of its addresses may not be connected to."""
    future: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            future.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            future.set_exception(error)

    # getaddrinfo takes no timeout; a thread that is left behind ends with the resolver's own timeout
    threading.Thread(target=look_up, daemon=True).start()
    addresses = future.result(_seconds_left(end))
    for *_, where in addresses:
        address = ip_address(where[0])
        if not allowed(address):
            shown = host if host == str(address) else f"{host} ({address})"
            raise ValueError(f"{shown} is not on the public internet, and is not fetched")
    return addresses


def _connect(addresses: list[Any], end: float) -> socket.socket:
    """Return a socket to the first of the checked addresses that answers."""
    failed = OSError("no address")
    for family, kind, protocol, _, where in addresses:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_seconds_left(end))
            connection.connect(where)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed


def _seconds_left(end: float) -> float:
    """Return the seconds until `end`. Raises TimeoutError if there are none."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _TimedSocket(io.RawIOBase):
    """A socket with one deadline for all reads: with a timeout for each read, a slow server could go on for ever."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection = connection
        self._end = end

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return the file that http.client asks a socket for."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_seconds_left(self._end))
        return self._connection.recv_into(buffer)


def _body(response: http.client.HTTPResponse, most: int) -> bytes:
    """Return the uncompressed body. Raises LargeError if it has more than `most` bytes, ValueError if it cannot be read whole."""
    packed = (response.headers["content-encoding"] or "identity").strip().lower()
    if packed not in ("identity", "gzip", "x-gzip"):
        raise ValueError(f"the answer is packed as {packed}, which is not read")
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in packed else None
    body = bytearray()
    received = 0
    while chunk := response.read(65_536):
        received += len(chunk)
        body += unpack.decompress(chunk, most + 1 - len(body)) if unpack else chunk
        if max(received, len(body)) > most:
            raise LargeError(f"more than {most:,} bytes; that is no article")
    if response.length or (unpack and not unpack.eof) or (unpack and unpack.unused_data):
        raise ValueError("the answer was cut short")
    return bytes(body)
