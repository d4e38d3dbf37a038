"""Split, merge, transfer and new leaders: dated, on record, the past as it was."""

from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from grids.changes import services as grid_changes
from grids.changes.services import Allotment
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.places.models import Grid, GridChange, GridPost
from grids.tallies.measures import counted
from grids.tallies.models import IssueDelta
from suzhou_portal.accounts.models import Assignment, User
from tests import factories as make

pytestmark = pytest.mark.dialect
PARTS = [grid_changes.Part("北组"), grid_changes.Part("南组")]


def close(issue, by):
    issue = WORKFLOW.apply(issue, "take", by=by)
    issue = WORKFLOW.apply(issue, "answer", by=by, inputs={"note": "好了"})
    return WORKFLOW.apply(issue, "close", by=by)


def tallied():
    """The sum of all deltas per (measure, community code)."""
    total = Counter()
    for delta in IssueDelta.objects.all():
        total[delta.measure, delta.community_code] += delta.n
    return +total


def recomputed():
    total = Counter()
    for issue in Issue.objects.select_related("community"):
        for (_day, measure, *_rest), n in counted(issue).items():
            total[measure, issue.community.code] += n
    return +total


def test_a_split_moves_open_issues_and_keeps_closed_ones(cast):
    closed = close(make.make_issue(cast.secretary, cast.g1, cast.lamp), cast.secretary)
    waiting = make.make_issue(cast.secretary, cast.g1, cast.lamp)
    below = make.make_issue(cast.secretary, cast.building, cast.lamp)
    north, south = grid_changes.split(
        cast.g1, parts=PARTS, allotment=Allotment(children={cast.compound.pk: 1}), reason="人口增长", by=cast.secretary
    ).successors
    today = timezone.localdate()
    for old in (cast.g1, cast.compound, cast.building):
        old.refresh_from_db()
        assert old.ends == today
    closed.refresh_from_db()
    waiting.refresh_from_db()
    below.refresh_from_db()
    assert closed.grid == cast.g1
    assert waiting.grid == north
    assert below.grid.parent.parent == south
    assert below.events.last().action == "move"
    change = GridChange.objects.get(kind="split")
    assert change.parts.filter(side="before").count() == 3
    assert change.parts.filter(side="after").count() == 4
    assert tallied() == recomputed()


def test_the_leader_of_a_split_grid_keeps_sign_in_and_term_in_the_heir(cast):
    make.saved(GridPost(grid=cast.g1, community=cast.c1, street=cast.s1, name="王秀兰", starts=make.LONG_AGO))
    north, south = grid_changes.split(cast.g1, parts=PARTS, by=cast.secretary).successors
    assert north.posts.get(ends=None).name == "王秀兰"
    assert not south.posts.exists()
    leader = User.objects.get(pk=cast.leader.pk)
    assert north.pk in leader.scope_for().grids
    assert cast.g1.pk not in leader.scope_for().grids
    assert Assignment.objects.filter(user=leader).count() == 2


def test_a_transfer_takes_the_issues_to_the_new_community(cast):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    (moved,) = grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer).successors
    issue.refresh_from_db()
    assert issue.community == cast.c2
    assert issue.grid.parent.parent == moved
    assert Issue.objects.visible_to(cast.sibling).filter(pk=issue.pk).exists()
    assert not Issue.objects.visible_to(cast.secretary).filter(pk=issue.pk).exists()
    assert tallied() == recomputed()


def test_ended_parts_go_along_with_an_open_whole(cast):
    whole = make.make_issue(cast.secretary, cast.building, cast.lamp)
    WORKFLOW.apply(whole, "split", by=cast.secretary, inputs={"parts": "路灯\n杂物"})
    ended = Issue.objects.filter(parent=whole).first()
    WORKFLOW.apply(ended, "void", by=cast.secretary, inputs={"note": "不办"})
    grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer)
    assert set(Issue.objects.filter(Q(pk=whole.pk) | Q(parent=whole)).values_list("community", flat=True)) == {
        cast.c2.pk
    }
    assert tallied() == recomputed()


def test_a_duplicate_of_an_open_issue_goes_along(cast):
    main, duplicate = (make.make_issue(cast.secretary, cast.building, cast.lamp) for _ in range(2))
    WORKFLOW.apply(duplicate, "merge", by=cast.secretary, inputs={"into": main.number})
    grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer)
    duplicate = WORKFLOW.apply(duplicate, "unmerge", by=cast.sibling, inputs={"note": "不是一件事"})
    main.refresh_from_db()
    assert (duplicate.community, duplicate.grid) == (cast.c2, main.grid)
    assert duplicate.version == duplicate.events.count()
    assert tallied() == recomputed()


def test_a_merge_needs_siblings_and_adds_up(cast):
    other = make.make_grid(cast.c1, 2)
    Grid.objects.filter(pk__in=[cast.g1.pk, other.pk]).update(households=40)
    first, second = Grid.objects.get(pk=cast.g1.pk), Grid.objects.get(pk=other.pk)
    with pytest.raises(ValidationError):
        grid_changes.merge([first, cast.g2], name="错", by=cast.officer)
    (merged,) = grid_changes.merge([first, second], name="合组", by=cast.officer).successors
    assert merged.households == 80
    assert merged.children.get().name == cast.compound.name
    assert set(Grid.objects.current().filter(community=cast.c1, parent=None)) == {merged}


def test_an_ended_grid_cannot_change_again(cast):
    grid_changes.split(cast.g1, parts=PARTS, by=cast.secretary)
    with pytest.raises(ValidationError):
        grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer)


def test_a_new_leader_ends_the_old_term(cast):
    for name in ("王秀兰", "李建国"):
        grid_changes.change_leader(cast.g1, name=name, by=cast.secretary)
    assert list(cast.g1.posts.order_by("id").values_list("name", "ends")) == [
        ("王秀兰", timezone.localdate()),
        ("李建国", None),
    ]
    assert GridChange.objects.filter(kind="leader").first().parts.get().note == "王秀兰 → 李建国"


def test_a_new_grid_of_the_register_is_on_record_as_founded(cast, sign_in):
    client = sign_in(cast.secretary)
    form = {"community": cast.c1.code, "kind": "resident_group", "name": "新组", "code": "", "starts": "2026-01-05"}
    form |= {"households": "0", "group_chats": "0", "parent": "", "boundary": ""}
    assert client.post("/grids/grids/new/", form).status_code == 302
    grid = Grid.objects.get(name="新组")
    assert grid.code == f"{cast.c1.code}002"
    change = GridChange.objects.get(kind="create")
    assert (change.parts.get().grid, str(change.effective)) == (grid, "2026-01-05")
