"""A gateway as a district might run it: checks signatures, and is not always well."""

import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "a-secret-that-the-gateway-shares-with-the-portal"


class Gateway:
    """``received``: id → how often, ``people``: phone → ids, ``forged``: requests without a valid signature.

    The messages numbered in ``lost`` (by order of first arrival) are taken, but the connection breaks
    off instead of an answer; with those in ``stuck`` it stays open until the gateway ends. Every
    ``busy``-th is first answered 503.
    """

    def __init__(self, *, lost=(), stuck=(), busy=0):
        self.received, self.people, self.forged = Counter(), {}, []
        self.lost, self.stuck, self.busy = frozenset(lost), frozenset(stuck), busy
        self.end = threading.Event()
        self.lock = threading.Lock()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = gateway.take(self.headers, body)
                if status:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.close_connection = True

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def take(self, headers, body):
        """The status to answer; 0 for none."""
        stamp = headers["X-Portal-Timestamp"]
        expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(headers["X-Portal-Signature"], f"sha256={expected}")
        message = json.loads(body)
        with self.lock:
            if not genuine or abs(time.time() - int(stamp)) > 60 or headers["Idempotency-Key"] != message["id"]:
                self.forged.append(message)
                return 401
            self.received[message["id"]] += 1
            if self.received[message["id"]] > 1:
                return 200
            self.people.setdefault(message["recipient"]["phone"], []).append(message["id"])
            number = len(self.received)
        if number in self.stuck:
            self.end.wait()
        if number in self.lost | self.stuck:
            return 0
        return 503 if self.busy and number % self.busy == 0 else 202

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.end.set()
        self.server.shutdown()
        self.server.server_close()
