"""A receiver of traces over OTLP/HTTP, for tests: reads them with the OpenTelemetry project's own code of its protocol.

    collector.py FILE [REFUSALS]

Listens on a free port of this machine, which it prints, and appends one line of JSON a span to FILE. The first REFUSALS
requests are answered 503, as by a collector that is overloaded. A request that breaks the protocol is answered 400 and written
down as such, so that a test sees it.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

PROTOBUF = "application/x-protobuf"
KINDS = {number: name.removeprefix("SPAN_KIND_").lower() for name, number in Span.SpanKind.items()}

file = open(sys.argv[1], "a", encoding="utf-8")
lock = Lock()
refusals = int(sys.argv[2]) if len(sys.argv) > 2 else 0


def attributes(pairs):
    """A value by name; each is of one of the protocol's kinds."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def shown(resource, scope, span):
    return {
        "resource": attributes(resource.attributes),
        "scope": scope.name,
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "name": span.name,
        "kind": KINDS[span.kind],
        "start": span.start_time_unix_nano,
        "end": span.end_time_unix_nano,
        "attributes": attributes(span.attributes),
        "events": [event.name for event in span.events],
        "error": span.status.code == Status.STATUS_CODE_ERROR,
    }


def broken(span):
    """What the protocol demands of a span beside its form."""
    wrong = []
    if len(span.trace_id) != 16 or not any(span.trace_id):
        wrong.append("trace_id")
    if len(span.span_id) != 8 or not any(span.span_id):
        wrong.append("span_id")
    if span.parent_span_id and (len(span.parent_span_id) != 8 or not any(span.parent_span_id)):
        wrong.append("parent_span_id")
    if not span.name or span.kind == Span.SPAN_KIND_UNSPECIFIED:
        wrong.append("name or kind")
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        wrong.append("times")
    return wrong


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global refusals
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            if refusals > 0:
                refusals -= 1
                return self.answer(503, b"")
        if self.path != "/v1/traces" or self.headers["Content-Type"] != PROTOBUF:
            return self.complain(f"{self.path} {self.headers['Content-Type']}")
        request = ExportTraceServiceRequest()
        try:
            request.ParseFromString(body)
        except DecodeError as error:
            return self.complain(str(error))
        lines = []
        for of_resource in request.resource_spans:
            for of_scope in of_resource.scope_spans:
                for span in of_scope.spans:
                    if wrong := broken(span):
                        return self.complain(f"{span.name}: {wrong}")
                    lines.append(shown(of_resource.resource, of_scope.scope, span) | {"key": self.headers["Api-Key"]})
        self.write(lines)
        self.answer(200, ExportTraceServiceResponse().SerializeToString())

    def complain(self, what):
        self.write([{"broken": what}])
        self.answer(400, b"")

    def write(self, lines):
        with lock:
            for line in lines:
                file.write(json.dumps(line) + "\n")
            file.flush()

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", PROTOBUF)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
