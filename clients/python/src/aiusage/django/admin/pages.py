"""What all pages have in common."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path

from aiusage.errors import AiusageError, ConfigurationError

from . import trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import Model
    from django.http import HttpRequest, HttpResponseBase
    from django.urls import URLPattern

    _ModelAdmin = admin.ModelAdmin[Model]
else:
    _ModelAdmin = admin.ModelAdmin

# Questions of one page that are under way at once.
PARALLEL = 8

_Admin = TypeVar("_Admin", bound="ServiceAdmin")
_P = ParamSpec("_P")


def page(view: Callable[Concatenate[_Admin, HttpRequest, _P], HttpResponseBase]) -> Any:
    """A view for those who may see its model; where the service fails, it says so."""

    @wraps(view)
    def shown(
        self: _Admin, request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return view(self, request, *args, **kwargs)
        except (AiusageError, ConfigurationError) as error:
            return self.sorry(request, error)

    return shown


class ServiceAdmin(_ModelAdmin):
    """A model admin without a table: its pages ask the service."""

    # (address, name, method) of each page.
    pages: tuple[tuple[str, str, str], ...] = ()

    def get_urls(self) -> list[URLPattern]:
        """Only the pages that there are."""
        return [
            path(
                route,
                self.admin_site.admin_view(getattr(self, method)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{name}",
            )
            for route, name, method in self.pages
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted by hand."""
        return False

    def show(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        context: Mapping[str, Any],
        status: int = 200,
    ) -> TemplateResponse:
        """A page in the admin's frame."""
        # The admin's own views tell reversing which site they are of in this way.
        request.current_app = self.admin_site.name
        frame = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "has_view_permission": True,
        }
        return TemplateResponse(
            request, f"admin/aiusage/{template}.html", {**frame, **context}, status=status
        )

    def sorry(
        self, request: HttpRequest, error: AiusageError | ConfigurationError
    ) -> TemplateResponse:
        """Says why there is nothing to see, and what to do about it."""
        said = trouble.of(error)
        return self.show(request, "trouble", said.title, {"trouble": said}, said.status)
