"""Made-up names of persons. No phones, no addresses, no numbers of any kind go with them."""

from functools import cache
from random import Random

from suzhou_portal.lib.text.canonical import pinyin_key

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN_FIRST = "建国志文玉秀晓海春丽永兴佳雪明俊红桂立新天学光振宏世正彦家振东伟"
GIVEN_LAST = "华军平英芳霞林涛斌强燕梅兰刚勇杰敏静波辉娟峰鹏慧玲琴宁健荣成山龙萍莉洁倩磊鑫悦怡琳"


def person(rng: Random) -> str:
    """A Chinese name of two or three characters."""
    given = rng.choice(GIVEN_LAST) if rng.random() < 0.25 else rng.choice(GIVEN_FIRST) + rng.choice(GIVEN_LAST)
    return rng.choice(SURNAMES) + given


@cache
def pinyin(name: str) -> str:
    """The search key of a made-up name."""
    return pinyin_key(name)
