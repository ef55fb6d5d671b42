"""The one ASGI application of intake, gateway, citizen page and contacts."""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from connectors.http.problems import ProblemDocument, answer_errors

TITLE = "whistle-hub"
API_VERSION = "1.0.0"
_SUMMARY = "Legacy systems report, staff act: the HTTP edge of the hub. · 接入与终端接口"


def create_app(routers: Iterable[APIRouter]) -> FastAPI:
    """The application of the routers; a router's lifespan runs with it. Its document is at `/openapi.json`.

    Pages that show the document are left out: they load scripts from elsewhere, out of reach of a city's network.
    """
    app = FastAPI(
        title=TITLE,
        version=API_VERSION,
        summary=_SUMMARY,
        docs_url=None,
        redoc_url=None,
        # It would hand exceptions with their words, which may hold what was sent, to whoever listens.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    answer_errors(app)
    for router in routers:
        app.include_router(router)
    app.openapi = _document_of(app)  # type: ignore[method-assign]
    return app


def _document_of(app: FastAPI) -> Callable[[], dict[str, Any]]:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                routes=app.routes,
                separate_input_output_schemas=False,
            )
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            # Invalid input is answered as a problem with 400, not by the framework's own form with 422.
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for path in made["paths"].values():
                for operation in path.values():
                    operation.get("responses", {}).pop("422", None)
            schemas["Problem"] = ProblemDocument.model_json_schema()
            app.openapi_schema = made
        return app.openapi_schema

    return document
