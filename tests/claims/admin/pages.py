"""Helpers for the desk's pages: URLs, HTML, and the form fields that a browser submits."""

import re
from html.parser import HTMLParser
from typing import Any

from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from claimsapi.core.models import User
from tests.factories import UserFactory


def client_for(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def superuser() -> User:
    return UserFactory(is_superuser=True)


def url(model: type[Model] | Model, page: str, *arguments: Any) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


def change_url(record: Model) -> str:
    return url(record, "change", record.pk)


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def markup_of(response: HttpResponse) -> str:
    """Return the page's HTML without the white space beside tags, for regular expressions."""
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", text_of(response))


class _Fields(HTMLParser):
    """Collects the fields that a browser submits for the form with an id."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.values: dict[str, Any] = {}
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.inside = attributes.get("id") == self.form_id
        if not self.inside:
            return
        name = attributes.get("name") or ""
        kind = attributes.get("type")
        if tag == "input" and name and kind not in {"submit", "button", "file"}:
            if kind not in {"checkbox", "radio"} or "checked" in attributes:
                self.values[name] = attributes.get("value") or ("on" if kind == "checkbox" else "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in attributes:
            self.values[self.select] = attributes.get("value") or ""
        elif tag == "textarea":
            self.area = name
            self.values[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            # HTML ignores the first line break of a text area. Browsers submit CRLF for the others.
            value = self.values[self.area].replace("\r\n", "\n").removeprefix("\n")
            self.values[self.area] = value.replace("\n", "\r\n")
            self.area = ""
        elif tag == "form":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data


def fields_of(response: HttpResponse, model: type[Model] | Model) -> dict[str, Any]:
    """Return the fields that a browser submits for the unchanged form of a model."""
    parser = _Fields(f"{model._meta.model_name}_form")
    parser.feed(text_of(response))
    return {n: v for n, v in parser.values.items() if "__prefix__" not in n}


def save(client: Client, record: Model, fields: dict[str, Any]) -> HttpResponse:
    return client.post(change_url(record), fields)
