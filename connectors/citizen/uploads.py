"""Reads a form with photos as it comes: its texts, its files on disk while it is read, all within limits."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from connectors.citizen.photos import LARGEST_PHOTO_BYTES, MOST_PHOTOS, kind_of

LARGEST_FORM_BYTES = 64 * 1024 * 1024
_LARGEST_TEXT_BYTES = 64 * 1024
_MOST_PARTS = 16
# A slow phone sends three photos in this time.
_READ_SECONDS = 180.0


class Unreadable(Exception):
    """What came is not such a form."""


class TooLarge(Exception):
    """The form has more bytes than are read."""


@dataclass(slots=True, frozen=True)
class Photo:
    """A photo that can be kept, and its kind."""

    content: bytes
    kind: str


@dataclass(slots=True, frozen=True)
class Form:
    """The texts by name (of several the last), those named `kept`, and the files named `photo`."""

    texts: Mapping[str, str]
    kept: list[str]
    files: list[UploadFile]


@asynccontextmanager
async def read_upload(request: Request) -> AsyncIterator[Form]:
    """The form of a request; its files are closed at the end.

    Raises:
        Unreadable: it is no multipart form, or is cut off.
        TooLarge: it is larger than is read.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Unreadable
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(_READ_SECONDS):
                parser = MultiPartParser(
                    request.headers,
                    _within(request),
                    max_files=_MOST_PARTS,
                    max_fields=_MOST_PARTS,
                    max_part_size=_LARGEST_TEXT_BYTES,
                )
                data = await parser.parse()
        # The parser has no error of its own for a type without a boundary: it asks a dictionary for it.
        except (MultiPartException, ClientDisconnect, TimeoutError, KeyError, UnicodeDecodeError):
            raise Unreadable from None
        stack.push_async_callback(data.close)
        yield _form(data)


async def photos_of(files: list[UploadFile], kept: int) -> tuple[list[Photo], str | None]:
    """The photos, and what is wrong with one of them, in Chinese; the good ones are given all the same."""
    wrong: str | None = None
    photos: list[Photo] = []
    for file in files:
        if not file.size:
            continue
        if file.size > LARGEST_PHOTO_BYTES:
            wrong = f"照片太大：每张最多 {LARGEST_PHOTO_BYTES // 1024 // 1024} MB，请换一张或调低拍摄尺寸"
        elif (kind := kind_of(await file.read(16))) is None:
            wrong = "有一个文件不是照片：请用 JPG、PNG、WebP 或 HEIC 格式"
        elif len(photos) + kept >= MOST_PHOTOS:
            wrong = f"最多 {MOST_PHOTOS} 张照片，多的没有留下"
        else:
            await file.seek(0)
            photos.append(Photo(await file.read(), kind))
    return photos, wrong


def _form(data: FormData) -> Form:
    texts: dict[str, str] = {}
    kept: list[str] = []
    files: list[UploadFile] = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            if name == "photo":
                files.append(value)
        elif name == "kept":
            kept.append(value)
        else:
            texts[name] = value
    return Form(texts, kept, files)


async def _within(request: Request) -> AsyncGenerator[bytes, None]:
    read = 0
    async for piece in request.stream():
        read += len(piece)
        if read > LARGEST_FORM_BYTES:
            raise TooLarge
        yield piece
