"""Signed requests, by botocore's own signer: good ones of every shape are taken, and whatever was changed after signing is refused."""

import datetime
import hashlib
import http.client
import json
import os
import random
import string
import sys
import urllib.parse

import botocore.auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lib import check, equal, finish

with open(os.environ["USER_BOB"], encoding="ascii") as file:
    BOB = json.load(file)
CREDENTIALS = Credentials(BOB["AccessKeyId"], BOB["SecretAccessKey"])
URL = os.environ["ENDPOINT"]
HOST = urllib.parse.urlparse(URL).netloc
BODY = b'{"TableName":"Things","Key":{"id":{"S":"k1"}}}'
ITEM = {"Item": {"id": {"S": "k1"}, "n": {"N": "1"}}}


class Presigner(SigV4QueryAuth):
    """botocore presigns requests without a body; the algorithm covers those with one, too."""

    def payload(self, request):
        return hashlib.sha256(BODY).hexdigest()


def signed(credentials=CREDENTIALS, path="/", headers=(), body=BODY, service="dynamodb", region="eu-north-1", signer=SigV4Auth, minutes=0, **more):
    """minutes: by how much the signer's clock is off."""
    presigned = signer is Presigner
    request = AWSRequest("POST", URL + path, data=b"" if presigned else body)
    request.headers["X-Amz-Target"] = "DynamoDB_20120810.GetItem"
    request.headers["Content-Type"] = "application/x-amz-json-1.0"
    for name, value in headers:
        request.headers.add_header(name, value)
    shift = datetime.timedelta(minutes=minutes)
    real = datetime.datetime

    class Clock(real):
        @classmethod
        def utcnow(cls):
            return real.utcnow() + shift

        @classmethod
        def now(cls, tz=None):
            return real.now(tz) + shift

    botocore.auth.datetime.datetime = Clock
    if hasattr(botocore.auth, "get_current_datetime"):
        botocore.auth.get_current_datetime = lambda remove_tzinfo=True: real.utcnow() + shift
    try:
        signer(credentials, service, region, **more).add_auth(request)
    finally:
        botocore.auth.datetime.datetime = real
    request.data = body
    return request


def send(request, body=None, drop=(), change=()):
    parts = urllib.parse.urlsplit(request.url)
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    c = http.client.HTTPConnection(HOST, timeout=20)
    data = request.data if body is None else body
    c.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
    c.putheader("Host", HOST)
    for name, value in request.headers.items():
        if name.lower() not in ("host", *drop):
            c.putheader(name, dict(change).get(name, value))
    c.putheader("Content-Length", str(len(data)))
    c.endheaders(data)
    r = c.getresponse()
    answer = r.status, json.loads(r.read())
    c.close()
    return answer


def refused(what, answer, code, words=""):
    status, body = answer
    check(what, status == 400 and body.get("__type") == "com.amazon.coral.service#" + code and words in body.get("message", ""), answer)


def test_good():
    equal("a signed request", (200, ITEM), send(signed()))
    equal("any region", (200, ITEM), send(signed(region="local")))
    equal("14 minutes behind", (200, ITEM), send(signed(minutes=-14)))
    equal("14 minutes ahead", (200, ITEM), send(signed(minutes=14)))
    equal("presigned", (200, ITEM), send(signed(signer=Presigner, expires=60)))
    equal("presigned an hour ago for two", (200, ITEM), send(signed(signer=Presigner, expires=7200, minutes=-60)))


def test_shapes():
    """Paths, queries and headers drawn at random: both sides have to spell them alike."""
    rng = random.Random(int(os.environ.get("PROPERTY_SEED", "11")))
    letters = string.ascii_letters + string.digits + "-_.~" + "!*'();:@$,+ é한"
    good = 0
    for _ in range(150):
        word = lambda n=8: "".join(rng.choice(letters) for _ in range(rng.randint(1, n)))
        path = "/" + "/".join(rng.choice([urllib.parse.quote(word(), safe="-_.~"), ".", "..", "", "a"]) for _ in range(rng.randint(0, 4)))
        query = "&".join(f"{urllib.parse.quote(word(), safe='-_.~')}={urllib.parse.quote(word(), safe='-_.~')}" for _ in range(rng.randint(0, 4)))
        headers = [("X-Meta-" + rng.choice("abc"), " ".join(rng.choice(["a", "b", "", "c,d"]) for _ in range(4)).strip() or "x")
                   for _ in range(rng.randint(0, 3))]
        # Empty or doubled slashes at the start would be read as another host by the client's own URL parser.
        path = "/" + path.lstrip("/")
        request = signed(path=path + ("?" + query if query else ""), headers=headers)
        status, body = send(request)
        good += status == 200
        if status != 200 and good > -1:
            check("a shape", False, (path, query, headers, body))
            break
    equal("150 paths, queries and headers", 150, good)


def test_refused():
    refused("another body", send(signed(), body=BODY.replace(b"k1", b"k2")), "InvalidSignatureException", "does not match")
    refused("another operation", send(signed(), change=[("X-Amz-Target", "DynamoDB_20120810.DeleteItem")]), "InvalidSignatureException")
    refused("another path", send(AWSRequestLike(signed(), URL + "/x")), "InvalidSignatureException")
    refused("another secret", send(signed(Credentials(BOB["AccessKeyId"], "x" * 40))), "InvalidSignatureException")
    refused("an access key that is none", send(signed(Credentials("AKIAIOSFODNN7EXAMPLE", "x"))), "UnrecognizedClientException",
            "The security token included in the request is invalid.")
    refused("a session's token", send(signed(Credentials(BOB["AccessKeyId"], BOB["SecretAccessKey"], "token"))), "UnrecognizedClientException")
    refused("16 minutes behind", send(signed(minutes=-16)), "InvalidSignatureException", "Signature expired: ")
    refused("16 minutes ahead", send(signed(minutes=16)), "InvalidSignatureException", "Signature not yet current: ")
    refused("for another service", send(signed(service="s3")), "InvalidSignatureException", "correct service: 'dynamodb'")
    refused("no signature", send(signed(), drop=("authorization",)), "MissingAuthenticationTokenException", "Request is missing Authentication Token")
    refused("no date", send(signed(), drop=("x-amz-date",)), "IncompleteSignatureException", "'X-Amz-Date' or a 'Date' header")
    refused("half a signature", send(signed(), change=[("Authorization", "AWS4-HMAC-SHA256 Credential=a")]), "IncompleteSignatureException",
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.")
    late = signed(signer=Presigner, expires=60, minutes=-3)
    refused("presigned, too late", send(late), "InvalidSignatureException", "Signature expired: ")
    refused("presigned, its body changed", send(signed(signer=Presigner, expires=60), body=BODY + b" "), "InvalidSignatureException")
    both = signed(signer=Presigner, expires=60)
    both.headers["Authorization"] = "AWS4-HMAC-SHA256 a=b"
    refused("both ways at once", send(both), "InvalidSignatureException", "Found both")
    equal("and a good one again", (200, ITEM), send(signed()))


def AWSRequestLike(request, url):
    request.url = url
    return request


def test_removed():
    refused("a key that was removed", send(signed()), "UnrecognizedClientException")


if len(sys.argv) > 1:
    test_removed()
else:
    for test in (test_good, test_shapes, test_refused):
        test()
finish()
