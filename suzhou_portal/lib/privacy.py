"""Finding what should not stand in free text: identity card and mobile numbers (least data)."""

import re

# GB 11643: 17 digits and a check character; the weights of ISO 7064 MOD 11-2.
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])(\d{17}[0-9Xx])(?![0-9A-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)")


def _is_identity(number: str) -> bool:
    """The check character fits, or at least the birth date in the middle is a possible one."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    if _CHECKS[total % 11] == number[17].upper():
        return True
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    return 1900 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31


def personal_numbers(text: str) -> list[tuple[str, str]]:
    """What in ``text`` looks like a personal number: ``(kind in Chinese, masked number)``, in order.

    >>> personal_numbers("找张某 11010519491231002X")
    [('身份证号', '110***02X')]
    """
    found = [("身份证号", number) for number in _IDENTITY.findall(text) if _is_identity(number)]
    found += [("手机号", re.sub(r"[- ]", "", number)) for number in _MOBILE.findall(text)]
    return [(kind, f"{number[:3]}***{number[-3:]}") for kind, number in found]


def without_personal_numbers(text: str) -> str:
    """``text`` with every such number masked, for what leaves the portal.

    >>> without_personal_numbers("请联系 13812345678")
    '请联系 138***678'
    """

    def mask(match: re.Match[str]) -> str:
        number = re.sub(r"[- ]", "", match[1])
        return match[0].replace(match[1], f"{number[:3]}***{number[-3:]}")

    text = _IDENTITY.sub(lambda match: mask(match) if _is_identity(match[1]) else match[0], text)
    return _MOBILE.sub(mask, text)
