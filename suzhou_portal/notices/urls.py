"""The pages of the notices: the inbox, how one wants to be told, what is on its way."""

from django.urls import path

from suzhou_portal.notices.views import deliveries, inbox, preferences, together

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.mark_all_read, name="inbox-read-all"),
    path("inbox/together/<int:pk>/", together.rows, name="inbox-together"),
    path("inbox/<int:pk>/", inbox.open_notice, name="inbox-open"),
    path("inbox/<int:pk>/read/", inbox.mark_read, name="inbox-read"),
    path("me/notices/", preferences.edit, name="me-notices"),
    path("operations/deliveries/", deliveries.deliveries, name="operations-deliveries"),
    path("operations/deliveries/resend/", deliveries.resend_all, name="operations-resend-all"),
    path("operations/deliveries/<int:pk>/resend/", deliveries.resend, name="operations-resend"),
]
