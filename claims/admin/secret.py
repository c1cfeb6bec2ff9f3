"""New secrets: the desk shows each of them in one response and never again."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from claimsapi.core.admin.record import RefusalAdmin


class SecretAdmin(RefusalAdmin):
    """Admin of records with a secret. ``save_model`` sets ``request.secret`` for a new record.

    ``secret_title`` names the secret, and ``secret_instruction`` says where to copy it.
    """

    secret_title: ClassVar[Any]
    secret_instruction: ClassVar[Any]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:  # noqa: ARG002
        return self.render_secret(request, obj, request.secret)  # type: ignore[attr-defined]

    def render_secret(self, request: HttpRequest, record: Any, secret: str) -> HttpResponse:
        """Render a new secret."""
        # In the response itself: after a redirect it would be a message, stored in a cookie.
        context = {
            **self.admin_site.each_context(request),
            "title": self.secret_title,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "back_url": self.page_url("change", record.pk),
            "instruction": self.secret_instruction,
            "secret": secret,
        }
        return TemplateResponse(request, "admin/claims/secret.html", context)
