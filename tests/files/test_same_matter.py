"""Photos of a whole are seen with its parts, those of a duplicate with the issue that it was merged into."""

import pytest

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from tests import factories as make
from tests.api.conftest import ApiClient
from tests.files import made


def page_of(sign_in, user, issue):
    return sign_in(user).get(issue.get_absolute_url()).content.decode()


def test_a_called_organisation_sees_the_photos_of_the_whole_and_no_others(cast, sign_in, issue):
    whole = make.make_attachment(issue, cast.secretary, has_personal=False)
    other = make.make_attachment(make.make_issue(cast.secretary, cast.compound, cast.lamp), cast.secretary)
    client = sign_in(cast.department)
    assert client.get(f"/files/{whole.pk}/").status_code == 404
    called = {"organisations": [cast.law.pk, cast.water.pk], "note": "共同处理"}
    WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs=called)
    part, sibling = Issue.objects.filter(parent=issue).order_by("pk")
    foreign = make.make_attachment(sibling, cast.other_department)

    page = page_of(sign_in, cast.department, part)
    assert f"/files/{whole.pk}/thumbnail/" in page
    assert "总件，" in page
    assert f"/files/{foreign.pk}/thumbnail/" not in page
    assert client.get(f"/files/{whole.pk}/").status_code == 200
    for attachment in (foreign, other):
        assert client.get(f"/files/{attachment.pk}/").status_code == 404
    assert client.post(f"/files/{whole.pk}/delete/").status_code == 403
    assert client.get(f"/files/issue/{issue.pk}/").status_code == 404, "the whole itself is not theirs"

    api = ApiClient(cast.department)
    listed = api.get(f"issues/{part.pk}/attachments/").json()["results"]
    assert [(row["id"], row["owner_id"], row["may_remove"]) for row in listed] == [(whole.pk, issue.pk, False)]
    assert api.get(f"attachments/{whole.pk}/").json()["may_remove"] is False
    assert api.delete(f"attachments/{whole.pk}/").status_code == 403


def test_photos_of_a_duplicate_are_seen_while_it_is_merged(cast, sign_in, issue):
    duplicate = make.make_issue(cast.secretary, cast.compound, cast.lamp, "门口路灯又不亮")
    photo = make.make_attachment(duplicate, cast.secretary)
    duplicate = WORKFLOW.apply(duplicate, "merge", by=cast.secretary, inputs={"into": issue.number})
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk, "note": "今日"})
    client = sign_in(cast.department)
    page = page_of(sign_in, cast.department, issue)
    assert f"/files/{photo.pk}/thumbnail/" in page
    assert "重复件，" in page
    assert client.get(f"/files/{photo.pk}/").status_code == 200
    WORKFLOW.apply(duplicate, "unmerge", by=cast.secretary, inputs={"note": "不是一件事"})
    assert client.get(f"/files/{photo.pk}/").status_code == 404


@pytest.mark.parametrize("user", ["sibling", "other_officer", "liaison"])
def test_strangers_see_neither(cast, sign_in, issue, user):
    photo = make.make_attachment(issue, cast.secretary, data=made.jpeg())
    called = {"organisations": [cast.law.pk, cast.water.pk], "note": "共同处理"}
    WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs=called)
    assert sign_in(getattr(cast, user)).get(f"/files/{photo.pk}/").status_code == 404


def merged_into(issue, cast, **fields):
    """A duplicate of ``issue``, merged into it, and its photo."""
    duplicate = make.make_issue(cast.secretary, cast.compound, cast.lamp, "门口路灯又不亮")
    photo = make.make_attachment(duplicate, cast.secretary, **fields)
    return WORKFLOW.apply(duplicate, "merge", by=cast.secretary, inputs={"into": issue.number}), photo


def test_photos_of_a_duplicate_do_not_follow_the_main_issue_to_another_community(cast, sign_in, issue):
    _duplicate, photo = merged_into(issue, cast)
    assert sign_in(cast.secretary).get(f"/files/{photo.pk}/").status_code == 200
    issue = WORKFLOW.apply(issue, "correct", by=cast.officer, inputs={"place": cast.c2.code, "note": "不在此处"})
    assert f"/files/{photo.pk}/" not in page_of(sign_in, cast.sibling, issue)
    assert sign_in(cast.sibling).get(f"/files/{photo.pk}/").status_code == 404
    api = ApiClient(cast.sibling)
    assert api.get(f"issues/{issue.pk}/attachments/").json()["results"] == []
    assert api.get(f"attachments/{photo.pk}/download/").status_code == 404
    assert sign_in(cast.officer).get(f"/files/{photo.pk}/").status_code == 200


def test_photos_of_a_whole_do_not_reach_the_community_that_it_has_left(cast, sign_in, issue):
    photo = make.make_attachment(issue, cast.officer)
    WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs={"organisations": [cast.law.pk], "note": "处理"})
    Issue.objects.filter(pk=issue.pk).update(community=cast.c2, grid=None)  # as a change of grids may leave it
    assert sign_in(cast.secretary).get(f"/files/{photo.pk}/").status_code == 404
    assert sign_in(cast.sibling).get(f"/files/{photo.pk}/").status_code == 200


def test_personal_files_are_shown_to_those_who_see_their_own_issue_alone(cast, sign_in, issue):
    _duplicate, letter = merged_into(issue, cast, has_personal=True)
    whole_letter = make.make_attachment(issue, cast.secretary, data=made.jpeg(), has_personal=True)
    WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs={"organisations": [cast.law.pk], "note": "处理"})
    part = Issue.objects.get(parent=issue)
    client, api = sign_in(cast.department), ApiClient(cast.department)
    for file in (letter, whole_letter):
        assert client.get(f"/files/{file.pk}/").status_code == 404
        assert f"/files/{file.pk}/" not in page_of(sign_in, cast.department, part)
        assert sign_in(cast.secretary).get(f"/files/{file.pk}/").status_code == 200
        assert f"/files/{file.pk}/" in page_of(sign_in, cast.secretary, issue)
    assert api.get(f"issues/{part.pk}/attachments/").json()["results"] == []


def test_what_was_merged_in_a_street_without_a_community_is_seen(cast, sign_in):
    main = make.make_issue(cast.officer, cast.s1, cast.lamp, "路灯不亮")
    duplicate = make.make_issue(cast.officer, cast.s1, cast.lamp, "路灯又不亮")
    photo = make.make_attachment(duplicate, cast.officer)
    WORKFLOW.apply(duplicate, "merge", by=cast.officer, inputs={"into": main.number})
    WORKFLOW.apply(main, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    assert sign_in(cast.department).get(f"/files/{photo.pk}/").status_code == 200
