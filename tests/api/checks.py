"""What every answer of the API must satisfy."""


def is_problem(response, status, code):
    """The body of ``response``, which must be a problem with this status and machine code."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["request_id"] == response["X-Request-ID"]
    return body
