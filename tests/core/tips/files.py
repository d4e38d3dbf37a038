"""Tips have photos."""

from scratch.tips.models import Tip

from grids.issues.parameters import ISSUE_FILE_MEGABYTES, ISSUE_FILES
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.owners import Owner, register

OWNER = register(
    Owner(
        name="tip",
        model=Tip,
        view_verb=Verb.PLACES_VIEW,
        may_add=lambda row, user: True,
        may_remove=lambda row, attachment, user: False,
        most_files=ISSUE_FILES,
        most_megabytes=ISSUE_FILE_MEGABYTES,
        staged=False,
    )
)
