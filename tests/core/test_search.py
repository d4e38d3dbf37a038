"""Folding, tokens, words of a search; marks and snippets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from suzhou_portal.lib.text.search import HAN, Search, Word, bigrams, fold, squeeze, tokens_of
from suzhou_portal.lib.text.snippets import Snippet, highlight, snippet, spans

TEXT = st.text(alphabet="灯路水管漏aA1１Ａ①㎡ ，。\n<&", max_size=40)


def marked(text, query, **options):
    return highlight(text, Search.of(query).words, **options).html()


def words(query):
    return [word.text for word in Search.of(query).words]


def test_width_and_case_are_folded():
    assert fold("ＬＥＤ灯①㎡ ３号") == "led灯1m2 3号"


def test_tokens_are_pairs_last_characters_words_and_numbers():
    assert tokens_of(["路灯不亮 led灯", "3号楼"]) == ["路灯", "灯不", "不亮", "亮", "led", "灯", "3", "号楼", "楼"]


def test_no_token_reaches_over_a_break():
    assert "灯不" not in tokens_of(["路灯，不亮"])
    assert "灯不" not in tokens_of(["路灯", "不亮"])


def test_an_endless_word_is_cut():
    assert max(map(len, tokens_of(["a" * 3000]))) == 64
    assert bigrams("a" * 3000) == ["a" * 64]


def test_words_are_apart_by_blanks_and_punctuation_and_numbers_stay_whole():
    assert words("路灯，不亮 ３号楼 SZ-2026-000123") == ["路灯", "不亮", "3号楼", "sz-2026-000123"]
    assert words("'路灯\" & !(漏水) | * :a\\") == ["路灯", "漏水", "a"]
    assert words(" ，。<> ") == []
    assert not Search.of("！？")


def test_what_a_search_asks_the_index_for():
    search = Search.of("灯 3号楼 路灯不亮了", within=[["πc5"], [], ["πs1", "πs2"]])
    assert search.tsquery() == "('πc5') & ('πs1' | 'πs2') & '灯':* & '3' & '号楼' & '路灯' & '不亮' & '亮了'"
    assert search.fts5() == (
        '("πc5") AND ("πs1" OR "πs2") AND "灯"* AND "3" AND "号楼" AND "路灯" AND "不亮" AND "亮了"'
    )
    assert search.rechecks == ["·3·号楼", "路灯不亮了"]


def test_no_typed_word_is_the_token_of_a_place():
    assert "πc5" not in tokens_of([fold("πc5 Πc5 c5")])
    assert words("πc5") == ["c5"]


def test_marks_stand_where_the_words_stand_and_everything_else_is_escaped():
    assert marked("<b>路灯</b>", "路灯") == "&lt;b&gt;<mark>路灯</mark>&lt;/b&gt;"
    assert marked("ＬＥＤ路灯", "led 路灯") == "<mark>ＬＥＤ路灯</mark>"
    assert marked("面积２㎡左右", "m2") == "面积２㎡左右"
    assert marked("１㎡", "1m2") == "<mark>１㎡</mark>"
    assert marked("12号、2号", "2号") == "12号、<mark>2号</mark>"
    assert marked("12栋 2栋", "2") == "12栋 <mark>2</mark>栋"
    assert marked("SZ-2026-000123", "123", inside=True) == "SZ-2026-000<mark>123</mark>"


def test_a_snippet_lies_around_the_first_word():
    text = "甲" * 50 + "路灯" + "乙" * 50
    assert snippet(text, Search.of("路灯").words, 20) == Snippet("…" + "甲" * 6 + "路灯" + "乙" * 12 + "…", ((7, 9),))
    assert snippet("路灯不亮", Search.of("路灯").words, 20) == Snippet("路灯不亮", ((0, 2),))
    assert snippet("甲\n乙", (), 20) == Snippet("甲 乙")


@given(TEXT, st.text(alphabet=f"灯路水管漏aA1１{HAN[0]}", min_size=1, max_size=4))
def test_marks_hold_the_folded_word_and_nothing_is_lost(text, query):
    found = spans(text, Search.of(query).words)
    for begin, end in found:
        assert any(word.squeezed in squeeze(fold(text[begin:end])) for word in Search.of(query).words)
    assert all(a[1] < b[0] for a, b in pairwise(found))
    whole = highlight(text, Search.of(query).words).html()
    bare = whole.replace("<mark>", "").replace("</mark>", "")
    assert bare == Snippet(text).html()


@given(TEXT, st.text(alphabet="灯路水管漏", min_size=2, max_size=5))
def test_a_text_with_a_chinese_word_has_all_that_the_index_is_asked_for(text, query):
    folded, tokens = fold(text), tokens_of([fold(text)])
    terms = Word(query).terms
    has_terms = all(any(t.startswith(term.token) if term.begins else t == term.token for t in tokens) for term in terms)
    if query in folded:
        assert has_terms
    if len(query) == 2:
        assert has_terms == (query in folded)


@given(TEXT, st.sampled_from("灯路水管漏"))
def test_a_single_character_is_the_beginning_of_a_token_wherever_it_stands(text, character):
    assert any(token.startswith(character) for token in tokens_of([fold(text)])) == (character in text)


def test_what_stands_between_chinese_and_digits_does_not_matter_and_marks_stand_where_they_should():
    for text in ("3号楼2单元", "3号楼 2单元", "3 号楼，2单元", "３号楼-2 单元"):
        assert squeeze(fold("3号楼2单元")) in squeeze(fold(f"在{text}门口"))
        assert marked(f"在{text}门口", "3号楼2单元") == f"在<mark>{text}</mark>门口"
    for other in ("13号楼2单元", "3号楼12单元", "3号、楼2单元"):
        assert squeeze(fold("3号楼2单元")) not in squeeze(fold(other))
        assert marked(other, "3号楼2单元") == other
