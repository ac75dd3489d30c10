"""Images: who may send one, what is made of it, and who sees it."""

import uuid
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image as Picture
from PIL import ImageDraw

from tests.writing.conftest import Desk
from writing.actions.documents import create_document
from writing.actions.links import create_link
from writing.models import Image

JSON = {"Accept": "application/json"}
ORIENTATION, GPS = 0x0112, 0x8825


def encoded(picture: Any, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photo(width: int = 60, height: int = 40, mode: str = "RGB") -> Any:
    """Its upper left quarter is red."""
    picture = Picture.new(mode, (width, height), "white")
    ImageDraw.Draw(picture).rectangle((0, 0, width // 2, height // 2), fill="red")
    return picture


PNG = encoded(photo())


def send(desk: Desk, data: bytes, *, person: str = "editor", name: str = "reef.png") -> Any:
    address = reverse("writing:add_image", args=[desk.document.pk])
    sent = SimpleUploadedFile(name, data, "image/png")
    return desk.client(person).post(address, {"image": sent}, headers=JSON)


def address_of(desk: Desk, image_id: str) -> str:
    return reverse("writing:image", args=[desk.document.pk, image_id])


@pytest.mark.django_db(transaction=True)
def test_who_may_read_the_document_sees_its_images(desk: Desk) -> None:
    answer = send(desk, PNG)
    assert answer.status_code == 201
    assert {key: answer.json()[key] for key in ("width", "height")} == {"width": 60, "height": 40}
    image = Image.objects.get()
    assert (image.uploaded_by, image.size) == (desk.people["editor"], len(image.data))
    address = address_of(desk, answer.json()["id"])
    shown = desk.client("viewer").get(address)
    assert shown.status_code == 200
    assert shown["Content-Type"] == "image/webp"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in shown["Cache-Control"]
    assert "immutable" in shown["Cache-Control"]
    picture = Picture.open(BytesIO(shown.content))
    assert (picture.format, picture.size) == ("WEBP", (60, 40))

    again = desk.client("viewer").get(address, headers={"If-None-Match": shown["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    stranger = desk.client("stranger")
    for headers in (JSON, {**JSON, "If-None-Match": shown["ETag"]}):
        refused = stranger.get(address, headers=headers)
        unknown = stranger.get(address_of(desk, str(uuid.uuid4())), headers=headers)
        assert refused.status_code == 404
        assert refused.content == unknown.content
    guest = Client()
    assert guest.get(address)["Location"].startswith("/accounts/login/")
    _link, token = create_link(desk.document, acting_user=desk.people["owner"], role="viewer")
    guest.get(reverse("writing:follow_link", args=[token]), follow=True)
    assert guest.get(address).status_code == 200

    other = create_document(desk.people["viewer"], title="Another")
    elsewhere = reverse("writing:image", args=[other.pk, image.pk])
    assert desk.client("viewer").get(elsewhere).status_code == 404


@pytest.mark.parametrize("person", ["commenter", "viewer"])
def test_who_may_not_edit_sends_none(desk: Desk, person: str) -> None:
    assert send(desk, PNG, person=person).status_code == 403
    assert send(desk, PNG, person="stranger").status_code == 404
    assert not Image.objects.exists()


def test_a_guest_sends_none(desk: Desk) -> None:
    _link, token = create_link(desk.document, acting_user=desk.people["owner"], role="editor")
    guest = Client()
    guest.get(reverse("writing:follow_link", args=[token]), follow=True)
    answer = guest.post(
        reverse("writing:add_image", args=[desk.document.pk]),
        {"image": SimpleUploadedFile("reef.png", PNG)},
    )
    assert answer["Location"].startswith("/accounts/login/")
    assert not Image.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_photo_is_turned_and_made_smaller_and_tells_nothing_else(desk: Desk) -> None:
    exif = Picture.Exif()
    exif[ORIENTATION] = 6  # held upright: what is stored has to be turned to the right
    exif.get_ifd(GPS)[1] = "N"
    sent = encoded(photo(2_400, 1_200), "JPEG", exif=exif, comment=b"at home")
    assert b"Exif" in sent
    answer = send(desk, sent, name="IMG_1.jpg").json()
    assert (answer["width"], answer["height"]) == (1_000, 2_000)
    data = bytes(Image.objects.get().data)
    assert not any(hidden in data for hidden in (b"Exif", b"EXIF", b"GPS", b"at home"))
    picture: Any = Picture.open(BytesIO(data)).convert("RGB")
    assert picture.getpixel((900, 100))[1] < 60  # red has come to the upper right
    assert picture.getpixel((100, 100))[1] > 200


@pytest.mark.django_db(transaction=True)
def test_what_is_transparent_stays_so_whatever_the_file_is_called(desk: Desk) -> None:
    moving = [photo(mode="P"), Picture.new("P", (60, 40))]
    sent = encoded(moving[0], "GIF", save_all=True, append_images=moving[1:], transparency=0)
    assert send(desk, sent, name="reef.jpg").status_code == 201
    assert not getattr(Picture.open(BytesIO(bytes(Image.objects.get().data))), "is_animated", False)
    clear = Picture.new("RGBA", (8, 8), (255, 0, 0, 0))
    answer = send(desk, encoded(clear)).json()
    kept: Any = Picture.open(BytesIO(bytes(Image.objects.get(pk=answer["id"]).data)))
    assert kept.convert("RGBA").getpixel((4, 4))[3] == 0


REFUSED = {
    "svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(40), "HEIC"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "no image that can be read"),
    "half of an image": (encoded(photo(900, 900), "JPEG")[:2_000], "damaged"),
    "a bomb": (encoded(Picture.new("1", (20_000, 20_000))), "million pixels"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_image_is_refused_with_what_to_do(desk: Desk, kind: str) -> None:
    data, message = REFUSED[kind]
    answer = send(desk, data)
    assert answer.status_code == 422
    assert message in answer.json()["message"]
    assert not Image.objects.exists()


def test_nothing_at_all_is_refused(desk: Desk) -> None:
    address = reverse("writing:add_image", args=[desk.document.pk])
    answer = desk.client("editor").post(address, headers=JSON)
    assert (answer.status_code, answer.json()["message"]) == (422, "Choose an image first.")


def test_what_is_too_large_is_refused_before_it_is_read(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("writing.uploads.IMAGE_BYTES", 1_000_000)
    answer = send(desk, PNG + bytes(1_100_000))
    assert answer.status_code == 413
    assert "at most 1 MB" in answer.json()["message"]


@pytest.mark.django_db(transaction=True)
def test_a_document_holds_only_so_much(desk: Desk, monkeypatch: Any) -> None:
    assert send(desk, PNG).status_code == 201
    monkeypatch.setattr("writing.actions.images.DOCUMENT_IMAGE_BYTES", len(PNG) // 2)
    answer = send(desk, PNG)
    assert answer.status_code == 422
    assert "images of this document" in answer.json()["message"]
    assert Image.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_person_sends_only_so_many(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("writing.actions.images.UPLOADS", 1)
    assert send(desk, PNG).status_code == 201
    assert send(desk, PNG).status_code == 429
    assert send(desk, PNG, person="owner").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_where_many_are_read_at_once_one_is_asked_to_wait(desk: Desk, monkeypatch: Any) -> None:
    full = BoundedSemaphore(1)
    full.acquire()
    monkeypatch.setattr("writing.reencoding._admitted", full)
    answer = send(desk, PNG)
    assert answer.status_code == 429
    assert "in a moment" in answer.json()["message"]


def test_images_go_with_their_document(desk: Desk) -> None:
    Image.objects.create(
        document=desk.document,
        uploaded_by=desk.people["owner"],
        data=b"x",
        content_type="image/webp",
        width=1,
        height=1,
        size=1,
    )
    desk.thread.delete()
    desk.document.delete()
    assert not Image.objects.exists()
