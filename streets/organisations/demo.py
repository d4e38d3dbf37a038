"""The organisations of the demo district: departments, property companies, 343 co-building units."""

from collections.abc import Iterable, Iterator
from typing import Any

from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.lib.demo.people import pinyin
from suzhou_portal.lib.demo.steps import District, step

# The article's figures.
UNITS = 343
FIVE_LINK_UNITS = 193

# (name, short name); in the order in which the demo accounts are numbered.
DEPARTMENTS = (
    ("肃州区城市管理综合执法局", "区城管执法局"),
    ("肃州区住房和城乡建设局", "区住建局"),
    ("肃州区公安交通警察大队", "区交警大队"),
    ("肃州区城区供排水公司", "区供排水公司"),
    ("肃州区集中供热公司", "区热力公司"),
    ("肃州区城区供电公司", "区供电公司"),
    ("肃州区通信发展管理办公室", "区通信发展办"),
    ("肃州区市场监督管理局", "区市场监管局"),
    ("肃州区民政局", "区民政局"),
    ("肃州区卫生健康局", "区卫健局"),
    ("肃州区公安分局", "区公安分局"),
    ("肃州区消防救援大队", "区消防大队"),
    ("肃州区教育局", "区教育局"),
    ("肃州区环境卫生服务中心", "区环卫中心"),
    ("肃州区园林绿化所", "区园林绿化所"),
    ("肃州区生态环境局", "区生态环境局"),
    ("肃州区应急管理局", "区应急局"),
    ("肃州区人力资源和社会保障局", "区人社局"),
    ("肃州区文体广电和旅游局", "区文旅局"),
    ("肃州区司法局", "区司法局"),
)
PROPERTY_WORDS = ("安居", "佳美")
# Public bodies first: they are the five-link ones.
UNIT_KINDS = (
    *("小学", "幼儿园", "卫生服务站", "税务所", "派出所", "邮政支局", "供电服务站", "中学", "司法所"),
    *("银行支行", "通信营业厅", "农贸市场", "商贸公司", "建筑公司", "宾馆", "商务酒店"),
)


@step(order=50)
def organisations(district: District) -> dict[str, int]:
    """In the order of their kinds."""
    streets = Street.objects.prefetch_related("communities")  # unscoped: demo loader
    communities = sorted((row for street in streets for row in street.communities.all()), key=lambda row: row.code)
    return {"单位": district.store(Organisation, make_organisations(communities))}


def stem(community: Any) -> str:
    """The community's name without 社区, as its units are called after it."""
    return community.name.removesuffix("社区")


def make_organisations(communities: Iterable[Any]) -> list[Organisation]:
    """The unsaved organisations in the order of their codes.

    ``D…`` departments, ``W…`` property companies (two to a community, the first a co-building
    unit as well), ``U…`` the other units, spread over the communities.
    """
    communities = list(communities)
    return [*_departments(), *_property_companies(communities), *_units(communities)]


def _organisation(code: str, name: str, community: Any | None = None, **fields: object) -> Organisation:
    return Organisation(
        code=code,
        name=name,
        community=community,
        street=community.street if community else None,
        pinyin=pinyin(str(fields.get("short_name") or name)),
        **fields,
    )


def _departments() -> Iterator[Organisation]:
    for number, (name, short) in enumerate(DEPARTMENTS, 1):
        yield _organisation(f"D{number:02d}", name, short_name=short, is_department=True)


def _property_companies(communities: list[Any]) -> Iterator[Organisation]:
    number = 0
    for word in PROPERTY_WORDS:
        for community in communities:
            number += 1
            name = f"{stem(community)}{word}物业服务有限公司"
            short = f"{stem(community)}{word}物业"
            first = word == PROPERTY_WORDS[0]
            yield _organisation(f"W{number:03d}", name, community, short_name=short, is_property=True, is_unit=first)


def _units(communities: list[Any]) -> Iterator[Organisation]:
    count = UNITS - len(communities)
    pairs = ((kind, community) for kind in UNIT_KINDS for community in communities)
    for number, (kind, community) in zip(range(1, count + 1), pairs, strict=False):
        name = f"{stem(community)}{kind}"
        yield _organisation(f"U{number:03d}", name, community, is_unit=True, is_five_link=number <= FIVE_LINK_UNITS)
