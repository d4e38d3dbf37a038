"""Pages of the accounts; registers add /accounts/users/ and /accounts/assignments/."""

from django.urls import path, re_path

from suzhou_portal.accounts.views import audit, me, security, signing_in

urlpatterns = [
    path("login/", signing_in.SignInView.as_view(), name="login"),
    path("login/demo/", signing_in.demo_sign_in, name="demo-login"),
    path("logout/", signing_in.sign_out, name="logout"),
    path("me/", me.me, name="me"),
    path("me/password/", me.change_password, name="password-change"),
    path("me/tokens/", me.create_token, name="me-token-create"),
    path("me/tokens/<int:pk>/revoke/", me.revoke_token, name="me-token-revoke"),
    path("accounts/permissions/", security.role_table, name="role-table"),
    path("accounts/users/<str:username>/reset-password/", security.reset_password, name="user-reset-password"),
    re_path(
        r"^accounts/users/(?P<username>[^/]+)/(?P<action>activate|deactivate|unlock)/$",
        security.change_state,
        name="user-state",
    ),
    path("accounts/users/<str:username>/tokens/<int:pk>/revoke/", security.revoke_token, name="user-token-revoke"),
    path("audit/", audit.entry_list, name="audit-list"),
    path("audit/export/<str:kind>/", audit.export, name="audit-export"),
    path("audit/<int:pk>/", audit.entry_detail, name="audit-detail"),
]
