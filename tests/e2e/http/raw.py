"""Sockets against the server: what no client library would do."""

import gzip
import json
import os
import random
import re
import resource
import socket
import sys
import threading
import time
import urllib.parse
import zlib

from lib import check, equal, finish

URL = urllib.parse.urlparse(os.environ["ENDPOINT"])
JSON = "application/x-amz-json-1.0"
GET = json.dumps({"TableName": "Things", "Key": {"id": {"S": "k1"}}}).encode()
ITEM = {"Item": {"id": {"S": "k1"}, "n": {"N": "1"}}}


class Peer:
    """One connection, with a reader of answers."""

    def __init__(self, timeout=20):
        self.s = socket.create_connection((URL.hostname, URL.port), timeout=timeout)
        self.rest = b""

    def send(self, data):
        self.s.sendall(data)
        return self

    def more(self):
        part = self.s.recv(65536)
        if not part:
            raise EOFError(self.rest[:200])
        self.rest += part

    def answer(self, head=False):
        while b"\r\n\r\n" not in self.rest:
            self.more()
        top, _, self.rest = self.rest.partition(b"\r\n\r\n")
        lines = top.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        if status == 100:
            return status, headers, b""
        length = 0 if head else int(headers.get("content-length", 0))
        while len(self.rest) < length:
            self.more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return status, headers, body

    def ended(self):
        """Whether the server closes without another word."""
        try:
            return self.s.recv(1) == b""
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False

    def close(self):
        self.s.close()


def request(body=GET, operation="GetItem", extra="", length=True, version="1.1", method="POST", path="/"):
    head = f"{method} {path} HTTP/{version}\r\nHost: {URL.netloc}\r\nContent-Type: {JSON}\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n"
    if length:
        head += f"Content-Length: {len(body)}\r\n"
    return (head + extra + "\r\n").encode() + (body if length else b"")


def ask(data, head=False):
    p = Peer()
    try:
        return p.send(data).answer(head)
    finally:
        p.close()


def chunked(body, *sizes):
    out, at = b"", 0
    for n in sizes:
        out += b"%x\r\n%s\r\n" % (n, body[at:at + n])
        at += n
    if body[at:]:
        out += b"%x\r\n%s\r\n" % (len(body) - at, body[at:])
    return out + b"0\r\n\r\n"


def error_of(answer):
    status, headers, body = answer
    return status, json.loads(body) if body else None


def test_headers():
    status, headers, body = ask(request())
    equal("an item", (200, ITEM), (status, json.loads(body)))
    equal("its content type", JSON, headers["content-type"])
    check("52 characters name the request", re.fullmatch("[0-9A-Z]{52}", headers["x-amzn-requestid"]), headers)
    equal("crc32 of the body", str(zlib.crc32(body)), headers["x-amz-crc32"])
    check("who and when", headers["server"] == "Server" and "GMT" in headers["date"], headers)
    ids = {ask(request())[1]["x-amzn-requestid"] for _ in range(20)}
    equal("every request has its own name", 20, len(ids))


def test_no_operation():
    for what, data, status, body in (
        ("GET tells of health", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 200, b"healthy: dynamodb.us-east-1.amazonaws.com "),
        ("PUT", b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", 404, b"<UnknownOperationException/>\n"),
        ("DELETE", b"DELETE /a HTTP/1.1\r\nHost: h\r\n\r\n", 404, b"<UnknownOperationException/>\n"),
        ("a method of no use", b"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405, b""),
        ("no content type", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", 404, b"<UnknownOperationException/>\n"),
        ("another content type", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 404,
         b"<UnknownOperationException/>\n"),
        ("no target", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{}", 400,
         b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'),
        ("an unknown operation", request(b"{}", "Frobnicate"), 400, b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'),
        ("one that is not there yet", request(b"{}", "CreateBackup"), 400,
         b'{"__type":"com.amazon.coral.service#UnknownOperationException","message":"Unknown operation exception"}'),
        ("no JSON", request(b"{]"), 400, b'{"__type":"com.amazon.coral.service#SerializationException"}'),
        ("an array", request(b"[]"), 400, b'{"__type":"com.amazon.coral.service#SerializationException"}'),
        ("an empty body", request(b""), 400, b'{"__type":"com.amazon.coral.service#SerializationException"}'),
        ("half a document", request(b'{"TableName":'), 400, b'{"__type":"com.amazon.coral.service#SerializationException"}'),
    ):
        got = ask(data)
        equal(what, (status, body), (got[0], got[2]))
        check(f"{what}: request id and crc", len(got[1]["x-amzn-requestid"]) == 52 and got[1]["x-amz-crc32"] == str(zlib.crc32(body)), got[1])
    status, headers, _ = ask(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", head=True)
    equal("HEAD", (200, "42"), (status, headers["content-length"]))


def test_errors():
    status, body = error_of(ask(request(b'{"TableName":"None","Key":{"id":{"S":"a"}}}')))
    equal("a table that is not there", (400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"), (status, body["__type"]))
    check("its message", body.get("message") and "Message" not in body, body)
    status, body = error_of(ask(request(b'{"TableName":"Things"}')))
    equal("a request that lacks a part", (400, "com.amazon.coral.validate#ValidationException"), (status, body["__type"]))
    status, body = error_of(ask(request(b'{"TableName":5,"Key":{}}')))
    equal("a member of the wrong type", (400, "com.amazon.coral.service#SerializationException"), (status, body["__type"]))
    deep = b'{"a":' * 200 + b"1" + b"}" * 200
    equal("nested too deep", 400, ask(request(deep))[0])


def test_keep_alive():
    p = Peer()
    for i in range(1, 10):
        body = GET.replace(b"k1", b"k%d" % i)
        status, _, answer = p.send(request(body)).answer()
        if not check(f"request {i} of one connection", status == 200 and f'"k{i}"'.encode() in answer, answer):
            break
    p.send(request(b"{", "GetItem"))
    equal("an error in between", 400, p.answer()[0])
    equal("and another request", 200, p.send(request()).answer()[0])
    p.send(request(extra="Connection: close\r\n"))
    equal("the last request", 200, p.answer()[0])
    check("after which the server closes", p.ended())
    p = Peer()
    equal("HTTP/1.0", 200, p.send(request(version="1.0")).answer()[0])
    check("closes without being asked", p.ended())


def test_pipelined():
    p = Peer()
    order = [random.randint(1, 9) for _ in range(60)]
    data = b""
    for i, k in enumerate(order):
        # Quick ones, slow ones and failures, all at once: the answers have to come in the order of the requests.
        if i % 7 == 3:
            data += request(b'{"TableName":"Things","Item":{"id":{"S":"w%d"}},"ReturnValues":"NONE"}' % i, "PutItem")
        elif i % 7 == 5:
            data += request(b"{}", "Frobnicate")
        else:
            data += request(GET.replace(b"k1", b"k%d" % k))
    p.send(data)
    good = True
    for i, k in enumerate(order):
        status, _, body = p.answer()
        wanted = b"{}" if i % 7 == 3 else b"Unknown" if i % 7 == 5 else b'"k%d"' % k
        good = good and wanted in body and status == (400 if i % 7 == 5 else 200)
    check("60 requests in one write are answered in their order", good)
    p.close()
    p = Peer()
    data = request() * 3
    for i in range(0, len(data), 7):
        p.send(data[i:i + 7])
    check("requests cut anywhere", all(p.answer()[0] == 200 for _ in range(3)))


def test_chunked():
    head = request(length=False, extra="Transfer-Encoding: chunked\r\n")
    equal("one chunk", 200, ask(head + chunked(GET, len(GET)))[0])
    equal("a chunk a byte", 200, ask(head + chunked(GET, *[1] * len(GET)))[0])
    equal("a chunk with an extension, and a trailer", 200,
          ask(head + b"%x;a=b\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(GET), GET))[0])
    p = Peer()
    status = p.send(head + b"zz\r\n").answer()[0]
    equal("a chunk that is none", 400, status)
    p.close()
    p = Peer()
    p.send(head + chunked(GET, 5) + request())
    equal("and pipelined after chunks", [200, 200], [p.answer()[0], p.answer()[0]])


def test_continue():
    p = Peer()
    p.send(request(length=False, extra=f"Content-Length: {len(GET)}\r\nExpect: 100-continue\r\n"))
    equal("go on", 100, p.answer()[0])
    equal("and the answer", 200, p.send(GET).answer()[0])
    p = Peer()
    p.send(request(length=False, extra="Content-Length: 99999999\r\nExpect: 100-continue\r\n"))
    equal("do not go on", 413, p.answer()[0])


def test_gzip():
    long = GET.replace(b"k1", b"long")
    status, headers, body = ask(request(long, extra="Accept-Encoding: deflate, gzip;q=0.8\r\n"))
    equal("a long answer is packed if asked", (200, "gzip"), (status, headers.get("content-encoding")))
    equal("its crc32 is that of the bytes as sent", str(zlib.crc32(body)), headers["x-amz-crc32"])
    equal("and it is the item", 8000, len(json.loads(gzip.decompress(body))["Item"]["text"]["S"]))
    for what, data in (("not asked", request(long)), ("refused", request(long, extra="Accept-Encoding: gzip;q=0, identity\r\n")),
                       ("short", request(extra="Accept-Encoding: gzip\r\n"))):
        equal(f"not packed: {what}", None, ask(data)[1].get("content-encoding"))
    packed = gzip.compress(GET)
    extra = "Content-Encoding: gzip\r\n"
    equal("a packed request", 200, ask(request(packed, extra=extra))[0])
    equal("half of one", 400, ask(request(packed[:-9], extra=extra))[0])
    equal("more behind it", 400, ask(request(packed + b"x", extra=extra))[0])
    equal("none", 400, ask(request(GET, extra=extra))[0])
    bomb = gzip.compress(b'{"a":"' + b"a" * (200 << 20) + b'"}', 9)
    equal(f"{len(bomb)} bytes that would be 200 MB", 400, ask(request(bomb, extra=extra))[0])


def test_sizes():
    over = request(length=False, extra=f"Content-Length: {(16 << 20) + 1}\r\n")
    p = Peer()
    equal("a body beyond 16 MB is refused when it is there", 413, p.send(over + b" " * ((16 << 20) + 1)).answer()[0])
    check("and the connection ended", p.ended())
    over = request(length=False, extra=f"Content-Length: {1 << 30}\r\n")
    p = Peer()
    equal("a length of 1 GB is refused at once", 413, p.send(over).answer()[0])
    check("and the connection ended", p.ended())
    p = Peer()
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    p.send(request(length=False, extra="Transfer-Encoding: chunked\r\n"))
    for _ in range(17 * 16):
        p.send(piece)
    equal("and so are chunks beyond it", 413, p.send(b"0\r\n\r\n").answer()[0])
    space = b" " * ((16 << 20) - len(GET))
    equal("16 MB are fine", 200, ask(request(space + GET))[0])
    status = ask(request(extra="X-Long: " + "a" * 6000 + "\r\n"))[0]
    equal("6,000 bytes of headers are fine", 200, status)
    p = Peer()
    try:
        status = p.send(request(extra="X-Long: " + "a" * 60000 + "\r\n")).answer()[0]
    except (ConnectionError, EOFError):
        status = 431
    equal("60,000 are not", 431, status)


def test_garbage():
    random.seed(int(os.environ.get("PROPERTY_SEED", "7")))
    good = request()
    alive = 0
    for i in range(300):
        data = bytearray(good)
        for _ in range(random.randint(1, 8)):
            data[random.randrange(len(data))] = random.randrange(256)
        p = Peer(timeout=5)
        try:
            p.send(bytes(data)).s.shutdown(socket.SHUT_WR)
            while p.s.recv(65536):
                pass
            alive += 1
        except ConnectionError:
            alive += 1
        except socket.timeout:
            pass
        p.close()
    equal("300 requests with bytes turned, each answered or dropped", 300, alive)
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), bytes(5000), b"\r\n" * 1000, b"GET\r\n\r\n",
                 b"POST / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                 b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                 b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"):
        p = Peer(timeout=5)
        try:
            p.send(data).s.shutdown(socket.SHUT_WR)
            while p.s.recv(65536):
                pass
        except ConnectionError:
            pass
        p.close()
    equal("the server is none the worse for it", 200, ask(request())[0])


def test_half_closed():
    p = Peer()
    p.send(request()).s.shutdown(socket.SHUT_WR)
    equal("a client that closed its side hears the answer", 200, p.answer()[0])
    check("and then the end", p.ended())
    p = Peer()
    p.send(request()[:-10]).s.shutdown(socket.SHUT_WR)
    check("one that closed within its body hears nothing", p.ended())
    p = Peer()
    p.s.shutdown(socket.SHUT_WR)
    check("one that never asked is let go", p.ended())
    for _ in range(50):
        p = Peer()
        p.send(request(b'{"TableName":"Things","Item":{"id":{"S":"gone"}}}', "PutItem")).close()
    equal("fifty that asked and left", 200, ask(request())[0])


def seconds_until_dropped(p, drip=None):
    start = time.monotonic()
    p.s.settimeout(0.25)
    while time.monotonic() - start < 40:
        try:
            if drip:
                p.s.sendall(drip)
            if not p.s.recv(65536):
                break
        except socket.timeout:
            continue
        except ConnectionError:
            break
    return time.monotonic() - start


def test_slow():
    """All at once, since each takes some seconds. The limits are a fifteenth here: 2 s for a line, a body, an answer; 20 s between requests."""
    took = {}

    def run(what, first, drip):
        p = Peer()
        p.send(first)
        took[what] = seconds_until_dropped(p, drip)
        p.close()

    def sit():
        p = Peer()
        p.send(request())
        p.answer()
        time.sleep(8)
        took["kept"] = p.send(request()).answer()[0]
        p.close()

    def never_reads():
        p = Peer()
        p.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        p.send(request(GET.replace(b"k1", b"long")) * 3000)
        start = time.monotonic()
        while time.monotonic() - start < 40:
            try:
                p.s.send(b" ", socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            except ConnectionError:
                break
            time.sleep(0.25)
        took["never reads"] = time.monotonic() - start
        p.close()

    jobs = [threading.Thread(target=run, args=a) for a in (
        ("a first line, a byte at a time", b"P", b"O"), ("headers, a byte at a time", b"POST / HTTP/1.1\r\nX-A: ", b"a"),
        ("a body, a byte at a time", request(GET + b" " * 1000)[:-1000], b" "), ("half a first line", b"POST /", None),
        ("half a body", request()[:-3], None), ("nothing at all", b"", None))]
    jobs += [threading.Thread(target=sit), threading.Thread(target=never_reads)]
    for j in jobs:
        j.start()
    for j in jobs:
        j.join()
    for what, seconds in took.items():
        if what == "kept":
            equal("eight seconds between two requests are fine", 200, seconds)
        else:
            check(f"dropped: {what}", 1 < seconds < 15, f"after {seconds:.1f} s")


def test_browsers():
    status, headers, body = ask(b"OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n"
                                b"Access-Control-Request-Headers: x-amz-target,content-type\r\n\r\n")
    equal("a page of this machine may ask", (200, "*", "POST", "x-amz-target,content-type"),
          (status, headers.get("access-control-allow-origin"), headers.get("access-control-allow-methods"),
           headers.get("access-control-allow-headers")))
    equal("and is answered", (200, "*"), (lambda a: (a[0], a[1].get("access-control-allow-origin")))(
        ask(request(extra="Origin: http://127.0.0.1:3000\r\n"))))
    for origin in ("https://example.com", "http://localhost.example.com", "null", "http://127.0.0.1.example.com"):
        status, headers, body = ask(request(extra=f"Origin: {origin}\r\n"))
        equal(f"a page of {origin} may not use a store without keys", (400, None, True),
              (status, headers.get("access-control-allow-origin"), b"AccessDeniedException" in body))


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read())[1])


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_crowd(pid):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = min(5000, hard - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, hard))
    ask(request())
    before = rss_kb(pid)
    peers = [Peer() for _ in range(count)]
    for p in peers:
        p.send(request())
    good = sum(p.answer()[0] == 200 for p in peers)
    equal(f"{count} connections are answered", count, good)
    each = (rss_kb(pid) - before) / count
    check("a connection takes less than 20 KB", each < 20, f"{each:.1f} KB")
    print(f"#  {count} idle connections: {each:.1f} KB each")
    start = cpu_s(pid)
    time.sleep(2)
    check("idle connections take no time", cpu_s(pid) - start < 0.5, cpu_s(pid) - start)
    equal("one of them asks again", 200, peers[count // 2].send(request()).answer()[0])
    for p in peers[: count // 2]:
        p.close()
    equal("half of them left, the others are served", 200, peers[-1].send(request()).answer()[0])
    os._exit(finish())  # the rest stay connected while the server is told to end


def test_write():
    body = b'{"TableName":"Things","Item":{"id":{"S":"durable"}}}'
    equal("an item is put", 200, ask(request(body, "PutItem"))[0])


def test_written():
    status, _, body = ask(request(GET.replace(b"k1", b"durable")))
    equal("the item is there after kill -9", (200, {"Item": {"id": {"S": "durable"}}}), (status, json.loads(body)))


if len(sys.argv) > 1:
    {"crowd": test_crowd, "write": test_write, "written": test_written}[sys.argv[1]](*sys.argv[2:])
else:
    for test in (test_headers, test_no_operation, test_errors, test_keep_alive, test_pipelined, test_chunked, test_continue, test_gzip,
                 test_sizes, test_garbage, test_half_closed, test_browsers, test_slow):
        test()
sys.exit(finish())
