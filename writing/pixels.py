"""Decodes an image and encodes it anew: run by `reencoding` as a process of its own, which alone
imports Pillow."""

import json
import os
import sys
from io import BytesIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from writing.reencoding import LONG_SIDE, PIXELS, SECONDS, Picture, Problem, Unusable
from writing.text.sandbox import limit

# What browsers show. Whatever else Pillow reads, also through programs of the system, stays closed.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP")
# Drawings and pictures of screens, whose edges a lossy format would blur.
LOSSLESS_FORMATS = frozenset({"PNG", "GIF", "BMP"})
LOSSLESS_BYTES = 1_000_000
QUALITY = 85


def convert(data: bytes) -> Picture:
    """See `reencode`."""
    # We look at the size ourselves; Pillow would only warn.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise Unusable(_what_else(data)) from None
    if image.width * image.height > PIXELS:
        raise Unusable(Problem.PIXELS)
    is_lossless = image.format in LOSSLESS_FORMATS
    image.draft("RGB", (LONG_SIDE, LONG_SIDE))
    pixels = _in_common_colours(ImageOps.exif_transpose(image))
    pixels.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return Picture(_encode(pixels, is_lossless), pixels.width, pixels.height)


def _what_else(data: bytes) -> Problem:
    if b"<svg" in data[:4096].lower():
        return Problem.SVG
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"):
        return Problem.HEIC
    return Problem.UNKNOWN


def _in_common_colours(image: Image.Image) -> Image.Image:
    """In sRGB, as screens expect where nothing is said; what is transparent stays so."""
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            wanted = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, given, wanted, outputMode=mode) or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a damaged profile: shown as if there were none
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _encode(pixels: Image.Image, is_lossless: bool) -> bytes:
    """Nothing is handed on of what stood beside the pixels."""
    pixels.info.clear()
    out = BytesIO()
    if is_lossless:
        pixels.save(out, "WEBP", lossless=True, quality=40, method=3)
        if out.tell() <= LOSSLESS_BYTES:
            return out.getvalue()
        out = BytesIO()
    pixels.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def main() -> None:
    """The image is read from the standard input, and written behind a line that describes it."""
    limit(SECONDS)
    if sys.platform != "win32":
        os.nice(10)
    try:
        picture = convert(sys.stdin.buffer.read())
    except Unusable as error:
        head, data = json.dumps({"problem": error.problem.value}), b""
    else:
        head = json.dumps({"width": picture.width, "height": picture.height})
        data = picture.data
    sys.stdout.buffer.write(head.encode() + b"\n" + data)


if __name__ == "__main__":
    main()
