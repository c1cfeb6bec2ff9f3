"""Secrets that the desk makes: each is shown in one answer, and never again."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from claimsapi.core.admin.record import RefusalAdmin


class SecretAdmin(RefusalAdmin):
    """Records that are added with a secret: ``save_model`` notes it as ``request.secret``.

    ``secret_told`` says where a person copies what ``secret_title`` names.
    """

    secret_title: ClassVar[Any]
    secret_told: ClassVar[Any]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:  # noqa: ARG002
        return self.shown_once(request, obj, request.secret)  # type: ignore[attr-defined]

    def shown_once(self, request: HttpRequest, record: Any, secret: str) -> HttpResponse:
        """Show a new secret in the answer itself: a message would lie in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": self.secret_title,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "back": self.page_url("change", record.pk),
            "told": self.secret_told,
            "secret": secret,
        }
        return TemplateResponse(request, "admin/claims/secret.html", context)
