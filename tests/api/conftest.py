"""A client that speaks JSON: ``api(user).get(path)``, ``.post(path, body)``."""

import json

import pytest
from django.test import Client

from suzhou_portal.accounts.tokens import issue_token

ROOT = "/api/v1/"


class ApiClient:
    """Calls the API as one user with a bearer token; ``last`` is the last response."""

    def __init__(self, user=None):
        self.client = Client()
        self.headers = {}
        if user is not None:
            self.headers["authorization"] = f"Bearer {issue_token(user=user, by=user)[1]}"

    def _call(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        extra = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        path = path if path.startswith(("/", "http")) else ROOT + path
        return getattr(self.client, method)(path, headers={**self.headers, **headers}, **extra)

    def get(self, path, **headers):
        return self._call("get", path, **headers)

    def post(self, path, body=None, **headers):
        return self._call("post", path, {} if body is None else body, **headers)

    def patch(self, path, body, **headers):
        return self._call("patch", path, body, **headers)

    def delete(self, path, **headers):
        return self._call("delete", path, **headers)


@pytest.fixture
def api():
    """``api(user)`` → a client with that user's token; ``api()`` → an anonymous one."""
    return ApiClient
