"""Drawings that stand for the photos of reports."""

import io
from random import Random

from PIL import Image, ImageDraw

PHOTO = (960, 720)


def picture(rng: Random) -> bytes:
    """A drawing that nobody takes for a photo of a real place."""
    image = Image.new("RGB", PHOTO, (206, 214, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 480, 960, 720), fill=(150, 146, 140))
    for left in range(40, 900, 170):
        height = rng.randint(180, 330)
        draw.rectangle((left, 480 - height, left + 130, 480), fill=(178 - rng.randint(0, 30), 160, 148))
        for row in range(480 - height + 20, 450, 50):
            for column in (left + 18, left + 74):
                draw.rectangle((column, row, column + 34, row + 28), fill=(226, 232, 236))
    for _heap in range(rng.randint(5, 9)):
        x, y, size = rng.randint(300, 640), rng.randint(540, 610), rng.randint(30, 70)
        draw.ellipse((x, y, x + size, y + size * 0.7), fill=(90 + rng.randint(0, 40), 84, 76))
    draw.text((24, 680), "DEMO", fill=(60, 60, 60))
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80)
    return data.getvalue()
