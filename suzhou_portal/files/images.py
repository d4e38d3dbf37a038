"""Photos, made anew: nothing of the original file but its pixels is kept.

Whatever else a photo carries (place and time of the shot, device, owner, thumbnails of
what was cut away, colour profiles, scripts behind the end) is gone, because only the
decoded pixels are written again. What cannot be decoded and written again is refused.
"""

import io
import logging
import threading
import warnings
from dataclasses import dataclass

import pi_heif
from PIL import Image, ImageFile, ImageOps

from suzhou_portal.files.errors import Refused
from suzhou_portal.files.parameters import PHOTO_MEGAPIXELS, PHOTO_SIDE
from suzhou_portal.rules.parameters import parameter

logger = logging.getLogger(__name__)
pi_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
QUALITY = 85
THUMBNAIL_SIDE = 480  # pixels: twice of what the page shows, for dense screens
THUMBNAIL_QUALITY = 75
PAPER = (255, 255, 255)  # behind what is transparent
UNREADABLE = "照片无法读取，可能已损坏，请换一张或重新拍照。"
# A decoded photo takes hundreds of megabytes: one at a time per process.
_decoding = threading.Lock()


@dataclass(frozen=True)
class Photo:
    """A photo as it is stored: JPEG bytes, its size in pixels, and its thumbnail."""

    data: bytes
    width: int
    height: int
    thumbnail: bytes


def remake(data: bytes) -> Photo:
    """The photo in ``data`` decoded, turned upright, scaled down and encoded again. Raises :class:`Refused`."""
    try:
        with _decoding, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we count the pixels ourselves
            ImageFile.LOAD_TRUNCATED_IMAGES = False  # libraries that are glad of half a picture set it for all
            return _remake(data)
    except Refused:
        raise
    except Image.DecompressionBombError as error:  # far beyond our own limit: Pillow stops by itself
        raise _too_many_pixels() from error
    except Exception as error:  # whatever a decoder stumbles over: nothing unchecked is stored
        logger.info("photo refused: %s", type(error).__name__)
        raise Refused(UNREADABLE) from error


def _remake(data: bytes) -> Photo:
    side = parameter(PHOTO_SIDE)
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > parameter(PHOTO_MEGAPIXELS) * 1_000_000:
            raise _too_many_pixels()
        image.draft("RGB", (side, side))  # JPEG decodes at half, a quarter or an eighth of its size
        image.load()
        upright = ImageOps.exif_transpose(image)
    pixels = _on_paper(upright)
    pixels.thumbnail((side, side), Image.Resampling.LANCZOS)
    small = pixels.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    photo = Photo(_encode(pixels, QUALITY), *pixels.size, _encode(small, THUMBNAIL_QUALITY))
    for encoded in (photo.data, photo.thumbnail):
        _check_bare(encoded)
    return photo


def _too_many_pixels() -> Refused:
    return Refused(f"照片超过 {parameter(PHOTO_MEGAPIXELS)} 百万像素，请缩小后再上传。", code="too_large")


def _on_paper(image: Image.Image) -> Image.Image:
    """The pixels alone, as RGB: a new image that has never seen the metadata of ``image``."""
    bare = Image.new("RGB", image.size, PAPER)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        bare.paste(image, mask=image.getchannel("A"))
    else:
        bare.paste(image.convert("RGB"))
    return bare


def _encode(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()


def _check_bare(data: bytes) -> None:
    """Raises :class:`Refused` unless what was written can be read and carries no metadata at all."""
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.load()
        carried = set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
        if carried or image.getexif():
            raise Refused("照片中的拍摄信息未能去除，没有保存。")
