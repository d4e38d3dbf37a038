"""The OpenAPI document: valid, served, and kept by the endpoints whatever is sent to them."""

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from suzhou_portal import api as portal_api
from suzhou_portal.accounts.tokens import issue_token
from suzhou_portal.wsgi import application
from tests import factories as make

EXAMPLES = 12
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_the_document_is_valid_and_complete(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))


def test_the_document_is_served_as_json_and_yaml(db):
    client = Client()
    assert client.get("/api/v1/schema/").json()["openapi"].startswith("3.")
    response = client.get("/api/v1/schema/", headers={"accept": "application/vnd.oai.openapi"})
    assert response.content.startswith(b"openapi: 3.")


@pytest.mark.parametrize("path", ["/api/v1/issues/", "/api/v1/tokens/", "/api/v1/issues/{id}/actions/{action}/"])
def test_every_post_documents_its_problems_and_its_key(path):
    operation = portal_api.document()["paths"][path]["post"]
    assert {"400", "401", "403", "404", "409", "422", "429"} <= set(operation["responses"])
    assert "application/problem+json" in operation["responses"]["409"]["content"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]
    assert operation["summary"]


def test_the_page_loads_nothing_from_elsewhere_and_nothing_inline(db):
    response = Client().get("/api/v1/docs/")
    assert response.status_code == 200
    html = response.content.decode()
    assert "<style" not in html
    assert 'style="' not in html
    assert "https://" not in html
    assert html.count("<script") == html.count('<script defer src="/static/') + html.count('<script src="/static/')


OPERATIONS = [(path, method) for path, item in portal_api.document()["paths"].items() for method in item]


@pytest.fixture
def one_connection():
    """Keep the connection with the test's transaction open over requests, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_every_operation_keeps_to_the_document(cast, path, method):
    for place in (cast.c1, cast.compound):
        make.make_issue(cast.secretary, place, cast.lamp)
    _, key = issue_token(user=cast.district, by=cast.district)
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)

    @given(case=schema[path][method.upper()].as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    def send(case):
        # Called without a server in between, nobody would unpack what is compressed on the wire (test_wire).
        headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}
        case.call_and_validate(checks=CHECKS, headers=headers)

    send()
