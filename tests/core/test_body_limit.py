"""Bodies larger than anything the portal takes are refused before they are read."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile


@pytest.mark.parametrize("who", [None, "secretary"])
def test_a_page_answers_413(cast, client, sign_in, settings, who):
    settings.BODY_LIMIT = 2000
    client = sign_in(cast.secretary) if who else client
    file = SimpleUploadedFile("名册.xlsx", b"x" * 3000)
    response = client.post("/grids/grid-posts/import/", {"file": file})
    assert response.status_code == 413
    assert "没有接收" in response.content.decode()


def test_the_api_answers_a_problem(cast, sign_in, settings):
    settings.BODY_LIMIT = 2000
    response = sign_in(cast.secretary).post("/api/v1/issues/", "x" * 3000, content_type="application/json")
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"
