"""The program under test as a child process, and one keep-alive connection to it."""

import json
import re
import signal
import socket
import subprocess
import time


def sets_sorted(value):
    if isinstance(value, dict):
        if len(value) == 1:
            (kind, body), = value.items()
            if kind in ("SS", "NS", "BS") and isinstance(body, list):
                return {kind: sorted(body)}
        return {name: sets_sorted(v) for name, v in value.items()}
    return [sets_sorted(v) for v in value] if isinstance(value, list) else value


class Connection:
    """HTTP/1.1, one request at a time; http.client takes twice as long."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""

    def close(self):
        self.socket.close()

    def exchange(self, operation, body):
        self.socket.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810."
                            + operation.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        while (end := self.data.find(b"\r\n\r\n")) < 0:
            self.receive()
        head = self.data[:end].decode()
        end += 4 + int(re.search(r"(?i)^content-length: *(\d+)", head, re.M)[1])
        while len(self.data) < end:
            self.receive()
        reply, self.data = self.data[len(head) + 4:end], self.data[end:]
        return int(head.split()[1]), reply

    def receive(self):
        more = self.socket.recv(1 << 20)
        if not more:
            raise ConnectionError("closed by the server")
        self.data += more


class Server:
    def __init__(self, program, store, key_file, log):
        self.command = [program, "serve", "--key-file", key_file, "--listen", "127.0.0.1:0", store]
        self.log, self.process, self.connection = log, None, None

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.log) as log:
                address = re.search(r"127\.0\.0\.1:(\d+)", log.read())
            if address and int(address[1]):
                self.connection = Connection(int(address[1]))
                return
            time.sleep(0.02)
        with open(self.log) as log:
            raise SystemExit("not ok property: the server did not start: " + log.read())

    def stop(self, kill=False):
        if self.process is None:
            return
        self.connection.close()
        self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        self.process.wait(60)
        self.process = None

    def call(self, operation, request):
        """(status, exception, body); sets in one order"""
        status, data = self.connection.exchange(operation, json.dumps(request).encode())
        body = sets_sorted(json.loads(data))
        return status, body.get("__type", "").rpartition("#")[2], body
