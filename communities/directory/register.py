"""The register of the communities."""

from communities.directory.models import Community
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, Related, site


@site.register
class CommunityRegister(Register):
    """社区. Rows below keep street and community, figures the code: both stay once it exists."""

    model = Community
    name = "communities"
    view_verb, edit_verb = Verb.PLACES_VIEW, Verb.PLACES_EDIT
    key = "code"
    columns = ("code", "name", "street", "population", "households", "telephone")
    more_columns = ("address", "managing_is_assumed")
    filters = ("street", "managing_is_assumed")
    found_by = ("name", "pinyin", "code")
    search = ("name", "pinyin", "code")
    fields = (
        *("code", "name", "street", "managing_is_assumed", "population", "households"),
        *("address", "telephone"),
    )
    create_only = ("code", "street")
    import_key = "code"
    related = (
        Related("grids", "community"),
        Related("grid-posts", "community"),
        Related("organisations", "community"),
        Related("grid-changes", "community"),
    )
