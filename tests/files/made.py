"""Files as people and attackers send them, made in memory."""

import io
import struct
import zipfile
import zlib

import docx
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

ORIENTATION, GPS, MAKE, ARTIST = 0x0112, 0x8825, 0x010F, 0x013B


def picture(size=(400, 300), mode="RGB", colour="white"):
    """A picture whose left upper corner is red, so that its position shows."""
    image = Image.new(mode, size, colour)
    image.paste("red", (0, 0, size[0] // 4, size[1] // 4))
    return image


def encoded(image, form="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def jpeg(size=(400, 300), **options):
    return encoded(picture(size), "JPEG", **options)


def telling_jpeg():
    """A photo that tells everything: where, when, with what, by whom; lying on its side; with a comment and XMP."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE], exif[ARTIST] = 6, "SecretPhone", "SecretPerson"
    exif[GPS] = {1: "N", 2: (39.0, 44.0, 1.0), 3: "E", 4: (98.0, 30.0, 2.0)}
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SecretXmp</x:xmpmeta>"
    return encoded(picture(), "JPEG", exif=exif, comment=b"SecretComment", xmp=xmp, icc_profile=b"SecretProfile" * 20)


def telling_png():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "SecretPerson")
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (39.0, 44.0, 1.0)}
    return encoded(picture(mode="RGBA"), "PNG", pnginfo=notes, exif=exif)


def telling_webp():
    exif = Image.Exif()
    exif[MAKE] = "SecretPhone"
    return encoded(picture(), "WEBP", exif=exif, xmp=b"SecretXmp")


def pdf(**changes):
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    for kind, name, value in (("javascript", "/JavaScript", "/JS"), ("launch", "/Launch", "/F")):
        if kind in changes:
            action = DictionaryObject(
                {NameObject("/S"): NameObject(name), NameObject(value): TextStringObject(changes[kind])}
            )
            writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)
    if "attachment" in changes:
        writer.add_attachment("a.exe", changes["attachment"])
    if "password" in changes:
        writer.encrypt(changes["password"])
    if "rights" in changes:
        writer.encrypt("", changes["rights"])
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def packed_pdf(catalogue):
    """A PDF whose objects lie compressed in an object stream, so that a search in the bytes finds nothing."""
    objects = {
        1: catalogue,
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    }
    places, texts, at = [], [], 0
    for number, text in objects.items():
        places.append(b"%d %d" % (number, at))
        texts.append(text)
        at += len(text) + 1
    head = b" ".join(places) + b" "
    packed = zlib.compress(head + b" ".join(texts))
    data = b"%PDF-1.5\n"
    stream_at = len(data)
    data += b"4 0 obj<</Type/ObjStm/N 3/First %d/Filter/FlateDecode/Length %d>>stream\n" % (len(head), len(packed))
    data += packed + b"\nendstream endobj\n"
    table_at = len(data)
    rows = [(0, 0, 255), *[(2, 4, index) for index in range(3)], (1, stream_at, 0), (1, table_at, 0)]
    table = b"".join(struct.pack(">BHB", *row) for row in rows)
    data += b"5 0 obj<</Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/Length %d>>stream\n" % len(table)
    return data + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % table_at


def word(text="处理情况说明"):
    document = docx.Document()
    document.add_paragraph(text)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def workbook():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_worksheet().write(0, 0, "名册")
    book.close()
    return buffer.getvalue()


def repacked(data, changes, comment=b""):
    """The Office file ``data`` with parts replaced or added (name → bytes, or a function of the old ones)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = changes.get(name)
            new.writestr(name, change(old.read(name)) if callable(change) else change or old.read(name))
        for name, content in changes.items():
            if name not in old.namelist():
                new.writestr(name, content)
        new.comment = comment
    return buffer.getvalue()


def sent(data, name="照片.jpg", kind="image/jpeg"):
    """The file as a form brings it."""
    return SimpleUploadedFile(name, data, kind)
