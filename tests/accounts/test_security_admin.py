"""The security administrator: accounts, posts, and what nobody may do for themselves."""

import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from suzhou_portal.accounts import services, throttling
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import ADMIN_ROLES, ROLE_VERBS, Role, Verb
from suzhou_portal.accounts.tokens import issue_token
from suzhou_portal.accounts.views.security import role_table_rows
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make

NEW_USER = {"username": "li.ming", "name": "李明", "phone": "13800000002"}


@pytest.fixture
def admin(cast, sign_in):
    return sign_in(cast.security)


def sign_in_with(username, password):
    client = Client()
    client.post("/login/", {"username": username, "password": password})
    return client


def post_data(user, role, **more):
    return {"user": user.username, "role": role, "starts": "2026-01-01", "ends": "", **more}


# --- Accounts ---------------------------------------------------------------------------------


def test_a_new_account_gets_a_one_time_password_shown_once(cast, admin):
    answer = admin.post("/accounts/users/new/", NEW_USER)
    password = answer.context["password"]
    assert re.fullmatch(r"(\w{5}-){2}\w{5}", password)
    assert password in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    user = User.objects.get(username="li.ming")
    assert user.must_change_password
    assert user.check_password(password)
    assert password not in admin.get("/accounts/users/li.ming/").content.decode()
    entry = AuditEntry.objects.get(action="create", object_type="accounts.user")
    assert (entry.actor, entry.changes["name"]) == (cast.security, [None, "李明"])
    assert password not in str(entry.changes)
    assert user.password not in str(entry.changes)
    assert sign_in_with("13800000002", password).get("/me/").headers["Location"] == "/me/password/"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"username": "community.1"}, "该账号已存在"),
        ({"username": "a!b"}, "账号为 2 至 40 个"),
        ({"username": "new"}, "系统保留"),
        ({"username": ""}, "请填写账号"),
        ({"username": "x" * 500}, "40"),
        ({"username": "nul\0"}, "空字符"),
        ({"name": ""}, "请填写姓名"),
        ({"phone": "12"}, "11 位手机号"),
        ({"phone": "13900000000"}, "已被其他账号使用"),
        ({"phone": "13700000000"}, "与其他账号的名称相同"),
        ({"username": "13900000000", "phone": ""}, "与其他账号的手机号相同"),
    ],
)
def test_bad_accounts_are_refused_beside_the_field(cast, admin, values, message):
    make.make_user("other", phone="13900000000")
    make.make_user("13700000000")
    before = User.objects.count()
    answer = admin.post("/accounts/users/new/", {**NEW_USER, **values})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert User.objects.count() == before


def test_a_reset_ends_password_sessions_tokens_and_lock(cast, admin):
    user = sign_in_with("community.1", make.PASSWORD)
    token, _ = issue_token(user=cast.secretary, by=cast.secretary)
    stranger = Client(REMOTE_ADDR="10.0.0.9")
    for _ in range(5):
        stranger.post("/login/", {"username": "community.1", "password": "Wrong-river-27"})
    assert throttling.is_locked(cast.secretary)
    assert "登录已锁定" in admin.get("/accounts/users/community.1/").content.decode()

    password = admin.post("/accounts/users/community.1/reset-password/").context["password"]
    assert user.get("/me/").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert not throttling.is_locked(cast.secretary)
    assert "_auth_user_id" not in sign_in_with("community.1", make.PASSWORD).session
    assert sign_in_with("community.1", password).get("/me/").headers["Location"] == "/me/password/"
    entry = AuditEntry.objects.get(action="password_reset")
    assert (entry.actor, entry.object_id) == (cast.security, str(cast.secretary.pk))
    assert password not in str(list(AuditEntry.objects.values()))


def test_a_lock_can_be_lifted(cast, admin):
    client = Client()
    for _ in range(5):
        client.post("/login/", {"username": "community.1", "password": "Wrong-river-27"})
    assert admin.post("/accounts/users/community.1/unlock/").status_code == 302
    assert client.post("/login/", {"username": "community.1", "password": make.PASSWORD}).status_code == 302
    assert AuditEntry.objects.get(action="unlock").actor == cast.security


def test_a_closed_account_is_out_at_once_and_can_be_opened_again(cast, admin):
    user = sign_in_with("community.1", make.PASSWORD)
    _token, text = issue_token(user=cast.secretary, by=cast.secretary)
    assert admin.post("/accounts/users/community.1/deactivate/").status_code == 302
    assert user.get("/me/").status_code == 302
    assert Client().get("/api/v1/me/", headers={"authorization": f"Bearer {text}"}).status_code == 401
    assert admin.post("/accounts/users/community.1/activate/").status_code == 302
    assert sign_in_with("community.1", make.PASSWORD).get("/me/").status_code == 200
    assert Client().get("/api/v1/me/", headers={"authorization": f"Bearer {text}"}).status_code == 401
    actions = list(AuditEntry.objects.filter(actor=cast.security).order_by("pk").values_list("action", flat=True))
    assert actions == ["deactivate", "token.revoke", "activate"]


def test_tokens_are_listed_and_revocable(cast, admin):
    token, _ = issue_token(user=cast.secretary, by=cast.secretary)
    foreign, _ = issue_token(user=cast.sibling, by=cast.sibling)
    assert (
        f"/accounts/users/community.1/tokens/{token.pk}/revoke/"
        in admin.get("/accounts/users/community.1/").content.decode()
    )
    assert admin.post(f"/accounts/users/community.1/tokens/{foreign.pk}/revoke/").status_code == 404
    assert admin.post(f"/accounts/users/community.1/tokens/{token.pk}/revoke/").status_code == 302
    token.refresh_from_db()
    foreign.refresh_from_db()
    assert token.revoked_at is not None
    assert foreign.revoked_at is None


ADDRESSES = [
    ("get", "/accounts/users/"),
    ("get", "/accounts/users/new/"),
    ("get", "/accounts/users/community.1/"),
    ("get", "/accounts/users/community.1/edit/"),
    ("get", "/accounts/assignments/"),
    ("get", "/accounts/assignments/new/"),
    ("get", "/accounts/permissions/"),
    ("post", "/accounts/users/community.1/reset-password/"),
    ("post", "/accounts/users/community.1/deactivate/"),
    ("post", "/accounts/users/community.1/unlock/"),
    ("post", "/accounts/users/community.1/tokens/1/revoke/"),
]


@pytest.mark.parametrize(("method", "url"), ADDRESSES)
def test_nobody_else_manages_accounts(cast, sign_in, client, method, url):
    for user in (cast.district, cast.officer, cast.secretary, cast.auditor, cast.system, cast.nobody):
        assert getattr(sign_in(user), method)(url).status_code == 403, user
    assert getattr(client, method)(url).status_code == 302


@pytest.mark.parametrize("name", ["no.such", "%00", "x" * 300])
def test_unknown_accounts_do_not_exist(cast, admin, name):
    assert admin.get(f"/accounts/users/{name}/").status_code == 404
    assert admin.post(f"/accounts/users/{name}/reset-password/").status_code == 404
    assert admin.post(f"/accounts/users/{name}/deactivate/").status_code == 404


# --- Posts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "field"),
    [
        (Role.STREET, "street"),
        (Role.COMMUNITY, "community"),
        (Role.GRID, "grid"),
        (Role.AREA, "area"),
        (Role.DEPARTMENT, "organisation"),
        (Role.UNIT, "organisation"),
        (Role.DISTRICT, None),
        (Role.AUDITOR, None),
    ],
)
def test_the_form_asks_for_the_target_of_the_role_only(cast, admin, role, field):
    fields = admin.get("/accounts/assignments/new/", {"role": role}).context["form"].fields
    assert [name for name in Assignment.TARGETS if name in fields] == ([field] if field else [])
    # Without the target it is asked for; a target of another kind is not even read.
    answer = admin.post("/accounts/assignments/new/", post_data(cast.nobody, role))
    assert answer.status_code == (422 if field else 302)
    if field:
        assert "该角色须选择" in answer.content.decode()


def test_a_post_gives_its_rights_at_once(cast, admin, sign_in):
    client = sign_in(cast.nobody)
    assert not cast.nobody.can(Verb.ISSUES_REPORT)
    answer = admin.post("/accounts/assignments/new/", post_data(cast.nobody, Role.COMMUNITY, community=cast.c1.code))
    assert answer.status_code == 302
    post = Assignment.objects.get(user=cast.nobody)
    assert (post.role, post.community, post.starts) == (Role.COMMUNITY, cast.c1, date(2026, 1, 1))
    assert client.get("/me/").content.decode().count(cast.c1.name) == 1
    assert User.objects.get(pk=cast.nobody.pk).can(Verb.ISSUES_REPORT)
    entry = AuditEntry.objects.get(action="create", object_type="accounts.assignment")
    assert (entry.actor, entry.changes["community"]) == (cast.security, [None, cast.c1.pk])


def test_a_post_is_ended_by_its_last_day(cast, admin):
    post = Assignment.objects.get(user=cast.secretary)
    yesterday = timezone.localdate() - timedelta(days=1)
    data = {"community": cast.c1.code, "starts": "2020-01-01", "ends": yesterday.isoformat(), "version": post.version}
    assert admin.post(f"/accounts/assignments/{post.pk}/edit/", data).status_code == 302
    post.refresh_from_db()
    assert post.ends == yesterday
    assert User.objects.get(pk=cast.secretary.pk).posts == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"user": "no.such"}, "没有找到"),
        ({"user": ""}, "请选择账号"),
        ({"role": "emperor"}, "没有“emperor”"),
        ({"role": ""}, "请选择角色"),
        ({"community": "999"}, "有效的选项"),
        ({"community": "nul\0"}, ""),
        ({"starts": "soon"}, "日期"),
        ({"starts": "9" * 30}, "日期"),
        ({"starts": "2026-05-01", "ends": "2026-04-01"}, "任职止不能早于任职起"),
    ],
)
def test_bad_posts_are_refused_with_a_reason(cast, admin, values, message):
    before = Assignment.objects.count()
    data = post_data(cast.nobody, Role.COMMUNITY, community=cast.c1.code)
    answer = admin.post("/accounts/assignments/new/", {**data, **values})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert Assignment.objects.count() == before


# --- 三员分立 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_a_security_administrator_gets_no_role_from_their_own_hand(cast, admin, role):
    target = {
        Role.STREET: {"street": cast.s1.code},
        Role.COMMUNITY: {"community": cast.c1.code},
        Role.GRID: {"grid": cast.g1.code},
        Role.AREA: {"area": cast.area.code},
        Role.DEPARTMENT: {"organisation": cast.law.code},
        Role.UNIT: {"organisation": cast.law.code},
    }.get(Role(role), {})
    answer = admin.post("/accounts/assignments/new/", post_data(cast.security, role, **target))
    assert answer.status_code == 422
    assert "不能为自己办理" in answer.content.decode()
    assert User.objects.get(pk=cast.security.pk).roles == [Role.SECURITY]


def test_nor_do_they_change_their_own_post_or_account(cast, admin):
    post = Assignment.objects.get(user=cast.security)
    data = {"starts": "2019-01-01", "ends": "", "version": post.version}
    assert admin.post(f"/accounts/assignments/{post.pk}/edit/", data).status_code == 403
    assert admin.post("/accounts/users/security/edit/", {"name": "x", "phone": "", "version": 1}).status_code == 403
    assert admin.post("/accounts/users/security/reset-password/").status_code == 403
    assert admin.post("/accounts/users/security/deactivate/").status_code == 403
    assert "三员分立" in admin.get("/accounts/users/security/").content.decode()
    post.refresh_from_db()
    cast.security.refresh_from_db()
    assert (post.starts, post.version) == (make.LONG_AGO, 1)
    assert cast.security.is_active


def test_the_service_refuses_it_too(cast):
    post = Assignment.objects.get(user=cast.officer)
    with pytest.raises(PermissionDenied):
        services.give_post(post=Assignment(user=cast.security, role=Role.DISTRICT), by=cast.security)
    with pytest.raises(PermissionDenied):
        services.edit_post(post=post, values={"user": cast.security}, by=cast.security)
    with pytest.raises(PermissionDenied):
        services.reset_password(user=cast.security, by=cast.security)


@pytest.mark.parametrize("admin_role", sorted(ADMIN_ROLES))
@pytest.mark.parametrize("other", [Role.DISTRICT, Role.AUDITOR, Role.SECURITY, Role.SYSTEM])
def test_the_three_administrators_hold_no_other_role(cast, admin, admin_role, other):
    if admin_role == other:
        return
    user = make.make_user("both", admin_role)
    answer = admin.post("/accounts/assignments/new/", post_data(user, other))
    assert answer.status_code == 422
    assert "三员分立" in answer.content.decode()
    assert User.objects.get(pk=user.pk).roles == [admin_role]


def test_one_after_the_other_is_fine(cast):
    user = make.make_user("changing")
    services.give_post(
        post=Assignment(user=user, role=Role.AUDITOR, starts=date(2026, 1, 1), ends=date(2026, 3, 31)), by=cast.security
    )
    later = Assignment(user=user, role=Role.DISTRICT, starts=date(2026, 4, 1))
    services.give_post(post=later, by=cast.security)
    with pytest.raises(ValidationError, match="三员分立"):
        services.edit_post(post=later, values={"starts": date(2026, 3, 31)}, by=cast.security)


def test_a_clash_through_dates_is_told_on_the_edit_page(cast, admin):
    user = make.make_user("changing")
    first = Assignment(user=user, role=Role.AUDITOR, starts=date(2026, 1, 1), ends=date(2026, 3, 31))
    services.give_post(post=first, by=cast.security)
    services.give_post(post=Assignment(user=user, role=Role.DISTRICT, starts=date(2026, 4, 1)), by=cast.security)
    answer = admin.post(
        f"/accounts/assignments/{first.pk}/edit/", {"starts": "2026-01-01", "ends": "2026-05-01", "version": 1}
    )
    assert answer.status_code == 422
    assert "三员分立" in answer.content.decode()


# --- The permission table -----------------------------------------------------------------------


def test_the_table_lists_every_role_and_verb_as_enforced(cast, admin):
    page = admin.get("/accounts/permissions/").content.decode()
    for role in Role:
        assert role.label in page
    shown = {verb: flags for _subject, verbs in role_table_rows() for verb, flags in verbs}
    assert set(shown) == set(Verb)
    for verb in Verb:
        assert verb.label in page
        assert verb.value in page
        assert shown[verb] == [verb in ROLE_VERBS[role] for role in Role]
    assert page.count("●") == sum(map(len, ROLE_VERBS.values()))


# --- Lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/accounts/users/", "/accounts/assignments/", "/accounts/users/community.1/"])
def test_queries_do_not_grow_with_the_rows(cast, admin, url, django_assert_max_num_queries):
    counts = []
    for total in (10, 100):
        for number in range(total):
            user = make.make_user(f"many.{total}.{number}", Role.COMMUNITY, cast.c1)
            if number % 2:
                make.give_post(user, Role.GRID, cast.g1)
            make.give_post(cast.secretary, Role.GRID, cast.g1)
        admin.get(url)  # what is kept between requests is there
        with django_assert_max_num_queries(20) as captured:
            assert admin.get(url).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_accounts_are_found_by_role_and_words(cast, admin):
    def names(**query):
        page = admin.get("/accounts/users/", query).content.decode()
        return set(re.findall(r'href="/accounts/users/([\w.]+)/"', page)) - {"new", "export"}

    assert names(role=Role.STREET) == {"street.1", "street.2"}
    assert names(q="community") == {"community.1", "community.2"}
    assert names(q="用户grid", role=Role.GRID) == {"grid.1", "grid.2"}
