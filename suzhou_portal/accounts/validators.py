"""Password rules whose Chinese words Django does not have."""

from django.contrib.auth.password_validation import MinimumLengthValidator


class MinimumLength(MinimumLengthValidator):
    """At least ``min_length`` characters."""

    def get_error_message(self) -> str:
        """See Django."""
        return f"密码长度太短，至少 {self.min_length} 个字符。"

    def get_help_text(self) -> str:
        """See Django."""
        return f"密码至少 {self.min_length} 个字符。"
