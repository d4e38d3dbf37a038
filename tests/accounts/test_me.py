"""The page of one's own: posts, keys, when one was here."""

from django.test import Client
from django.utils import timezone

from suzhou_portal.accounts.models import ApiToken
from suzhou_portal.accounts.tokens import digest_of, issue_token
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make


def test_it_shows_posts_and_the_previous_sign_in(cast, client):
    for _ in range(2):
        client.post("/login/", {"username": "grid.1", "password": make.PASSWORD})
        client.post("/logout/") if _ == 0 else None
    page = client.get("/me/")
    assert "网格长" in page.content.decode()
    assert cast.g1.name in page.content.decode()
    assert page.context["previous"] is not None
    assert page.context["previous"] < timezone.now()
    assert page["Cache-Control"] == "no-store"


def test_a_token_needs_the_password_and_is_shown_once(cast, sign_in):
    client = sign_in(cast.secretary)
    refused = client.post("/me/tokens/", {"current": "Wrong-river-27"})
    assert refused.status_code == 400
    assert "当前密码不正确" in refused.content.decode()
    assert not ApiToken.objects.exists()

    answer = client.post("/me/tokens/", {"current": make.PASSWORD})
    text = answer.context["new_token_text"]
    assert text in answer.content.decode()
    token = ApiToken.objects.get()
    assert (token.user, token.digest) == (cast.secretary, digest_of(text.encode()))
    assert text not in client.get("/me/").content.decode()
    assert Client().get("/api/v1/me/", headers={"authorization": f"Bearer {text}"}).status_code == 200
    assert AuditEntry.objects.filter(action="token.create", actor=cast.secretary).exists()


def test_a_revoked_token_is_over(cast, sign_in):
    token, text = issue_token(user=cast.secretary, by=cast.secretary)
    client = sign_in(cast.secretary)
    assert client.post(f"/me/tokens/{token.pk}/revoke/").status_code == 302
    assert Client().get("/api/v1/me/", headers={"authorization": f"Bearer {text}"}).status_code == 401
    assert "已注销" in client.get("/me/").content.decode()


def test_tokens_of_others_do_not_exist(cast, sign_in):
    token, _ = issue_token(user=cast.sibling, by=cast.sibling)
    client = sign_in(cast.secretary)
    assert client.post(f"/me/tokens/{token.pk}/revoke/").status_code == 404
    assert client.post(f"/me/tokens/{10**30}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_a_new_password_ends_the_tokens(cast, sign_in):
    token, _ = issue_token(user=cast.secretary, by=cast.secretary)
    new = "Harbour-lamp-93"
    sign_in(cast.secretary).post("/me/password/", {"current": make.PASSWORD, "new": new, "again": new})
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_user_without_posts_still_has_the_page(cast, sign_in):
    assert "暂无任职" in sign_in(cast.nobody).get("/me/").content.decode()
