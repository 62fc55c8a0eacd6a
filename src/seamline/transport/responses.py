"""An HTTP/1.1 response as it comes in: parsed strictly, and never decoded."""

from httptools import HttpResponseParser

CONTINUE, SWITCHING_PROTOCOLS, OK, NONE = 100, 101, 200, 600


class UnreadableResponse(ConnectionError):
    """The response is none that can be passed on: its length is not sure, or it speaks another protocol."""


class IncomingResponse:
    """What came of a response until now; the parser calls the `on_…` methods."""

    def __init__(self, method: str) -> None:
        self.status = self.received = 0
        self.reason = ""
        self.headers: list[tuple[str, str]] = []
        self.has_head = self.is_complete = self.is_last = False
        self._is_for_head = method == "HEAD"
        self._body: list[bytes] = []
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Go on with what was received; nothing at all says that the other side hung up.

        Raises `httptools.HttpParserError`, or `ConnectionError` where it hung up before the end.
        """
        self.received += len(data)
        if data:
            self._parser.feed_data(data)
        elif self.has_head and not self.is_complete and not self._names({"content-length", "transfer-encoding"}):
            self.is_complete = self.is_last = True  # the end of the connection is the end of the body
        else:
            raise ConnectionResetError("the other side hung up")

    def take(self) -> bytes:
        """Remove and return the part of the body that has come."""
        piece = b"".join(self._body)
        self._body.clear()
        return piece

    def on_message_begin(self) -> None:
        if self.is_complete:
            self.is_last = True  # nobody asked for a second one

    def on_status(self, reason: bytes) -> None:
        if not self.has_head:
            self.reason += reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:  # what comes after the body are trailers
            self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        if self.has_head:
            return
        status = self._parser.get_status_code()
        if status == SWITCHING_PROTOCOLS or not CONTINUE <= status < NONE or self._is_encoded_for_transfer():
            raise UnreadableResponse(f"status {status}")
        if status < OK:
            self.headers.clear()
            self.reason = ""
            return
        self.status, self.has_head = status, True
        if self._is_for_head:
            self.on_message_complete()

    def on_body(self, data: bytes) -> None:
        if self.is_complete:
            self.is_last = True
        else:
            self._body.append(data)

    def on_message_complete(self) -> None:
        if self.has_head and not self.is_complete:
            self.is_last = self.is_last or not self._parser.should_keep_alive()
            self.is_complete = True

    def _is_encoded_for_transfer(self) -> bool:
        codings = [value.strip().lower() for name, value in self.headers if name.lower() == "transfer-encoding"]
        return codings not in ([], ["chunked"])

    def _names(self, names: set[str]) -> bool:
        return any(name.lower() in names for name, _ in self.headers)
