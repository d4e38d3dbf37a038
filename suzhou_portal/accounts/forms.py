"""Forms of signing in and of the own password."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from suzhou_portal.accounts import services
from suzhou_portal.accounts.backends import storable

RULES = "至少 10 个字符；不能全是数字，不能是常见密码，不能与账号、姓名、手机号相近。"


class SignInForm(AuthenticationForm):
    """Account name or mobile number, and password; one message whatever of the two is wrong."""

    error_messages = {"invalid_login": "账号或密码不正确，请重新输入。", "inactive": "账号或密码不正确，请重新输入。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "账号或手机号"
        self.fields["password"].label = "密码"
        self.fields["username"].widget.attrs["autocapitalize"] = "none"


def password_field(label: str, autocomplete: str, **kwargs: Any) -> forms.CharField:
    """A password input; blanks are kept, nothing is ever sent back to the page."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **kwargs,
    )


class CurrentPasswordForm(forms.Form):
    """Asks for the password once more before something that a stolen session must not do."""

    current = password_field("当前密码", "current-password")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, request.user

    def clean_current(self) -> str:
        """Checked by the sign-in's own way, so that guesses are counted and locked out."""
        password: str = self.cleaned_data["current"]
        if authenticate(self.request, username=self.user.username, password=password) != self.user:
            services.record_failed_sign_in(request=self.request, typed=self.user.username)
            raise ValidationError("当前密码不正确。", code="wrong_password")
        return password


class PasswordForm(CurrentPasswordForm):
    """The own new password, typed twice."""

    new = password_field("新密码", "new-password", help_text=RULES)
    again = password_field("再输一次新密码", "new-password")

    def clean_new(self) -> str:
        """Long enough, not common, unlike the account, and not the current one."""
        password: str = self.cleaned_data["new"]
        if not storable(password):
            raise ValidationError("密码含有无法识别的字符。", code="unreadable")
        if password == self.cleaned_data.get("current"):
            raise ValidationError("新密码不能与当前密码相同。", code="same")
        password_validation.validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        """Both new passwords agree."""
        cleaned = super().clean() or self.cleaned_data
        if "new" in cleaned and "again" in cleaned and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "两次输入的新密码不一致。")
        return cleaned
