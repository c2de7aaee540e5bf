"""The API over one keep-alive connection, without a library between: what is sent and what comes back are DynamoDB's JSON."""

import http.client
import json
import os
import urllib.parse


class ApiError(Exception):
    def __init__(self, operation, status, body):
        super().__init__(f"{operation}: {status} {json.dumps(body)[:600]}")
        self.status, self.body = status, body
        self.code = body.get("__type", "").rpartition("#")[2]
        self.message = body.get("message", body.get("Message", ""))


class Api:
    def __init__(self, endpoint=None, timeout=30):
        url = urllib.parse.urlparse(endpoint or os.environ["ENDPOINT"])
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)

    def call(self, operation, **request):
        self.connection.request("POST", "/", json.dumps(request), {
            "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0"})
        response = self.connection.getresponse()
        body = json.loads(response.read())
        if response.status != 200:
            raise ApiError(operation, response.status, body)
        return body
