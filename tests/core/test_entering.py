"""What is sent enters in its canonical form, from pages and from programs."""

import json

import pytest

from grids.issues.models import Issue
from grids.places.models import GridPost
from suzhou_portal.accounts.models import User
from suzhou_portal.lib.text.entering import clean
from tests.registers.world import post_of


def test_a_text_as_long_as_the_browser_counts_it_is_taken(cast, sign_in):
    text = "一二三四\r\n" * 400  # 2,000 characters for its reader, 2,400 as browsers send it
    sent = {"place": cast.g1.code, "category": cast.litter.code, "description": text}
    sign_in(cast.secretary).post("/issues/new/", sent)
    stored = Issue.objects.get().description
    assert stored == ("一二三四\n" * 400).strip()


def test_programs_send_texts_that_enter_in_the_same_form(cast, sign_in):
    body = {"place": cast.g1.code, "category": cast.litter.code, "description": "楼道\u200b堆物\r\n已三天"}
    answer = sign_in(cast.secretary).post("/api/v1/issues/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201
    assert Issue.objects.get().description == "楼道堆物\n已三天"


def test_secrets_enter_as_they_are():
    assert clean({"password": "a\u200bb", "name": "a\u200bb"}) == {"password": "a\u200bb", "name": "ab"}


@pytest.mark.parametrize("typed", ["古丽米热•艾比布力", "古丽米热 ・ 艾比布力", "古丽米热·艾比布力\u200e"])
def test_a_name_is_stored_and_looked_up_in_one_form(cast, typed):
    post = post_of(cast.g1, typed)
    assert GridPost.objects.get(pk=post.pk).name == "古丽米热·艾比布力"
    assert GridPost.objects.filter(name=typed).get() == post


def test_the_form_of_a_register_and_rest_store_the_same(cast, sign_in):
    client, names = sign_in(cast.secretary), []
    given = {"grid": cast.g1.code, "kind": "leader", "name": "张　𬱖", "telephone": "（0937）261－2345"}
    client.post("/grids/grid-posts/new/", {**given, "starts": "2026-01-01"})
    names.append(GridPost.objects.values_list("name", "telephone").get())
    GridPost.objects.all().delete()
    body = json.dumps({**given, "starts": "2026-01-01"})
    answer = client.post("/api/v1/grid-posts/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content.decode()
    names.append(GridPost.objects.values_list("name", "telephone").get())
    assert set(names) == {("张𬱖", "0937-2612345")}


def test_a_mobile_number_signs_in_however_it_was_stored(cast):
    User.objects.create_user("li", name="李　建国", phone="１３８ ０００００００１")
    assert User.objects.get(phone="138-0000-0001").name == "李建国"
