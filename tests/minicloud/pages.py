# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the proxies in front of the APIs."""

from __future__ import annotations

import html
from http import HTTPStatus

from aiohttp import web


def html_page(status: int) -> web.Response:
    """An error as these proxies answer it: in HTML, whatever the client accepts."""
    title = html.escape(f"{status} {HTTPStatus(status).phrase}")
    body = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\n"
    return web.Response(status=status, text=body, content_type="text/html")
