"""The page that explains the API, made of its schema: no script, and nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import OpenAPISchema

from writing.api.auth import Token

DESCRIPTION = (
    "What the pages do, for programs: documents, their sections and exports, runs of agents on "
    "them, and batches. Send a token with every request as `Authorization: Bearer …`; it gives "
    "what its person may do, within its scopes. Errors all have one shape: `status`, `code`, "
    "`message`, `errors`."
)


@dataclass(frozen=True)
class Parameter:
    name: str
    place: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True)
class Body:
    """What may be sent; an operation may take one of several kinds."""

    about: str
    fields: list[Parameter]


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    summary: str
    about: str
    scopes: list[str]
    parameters: list[Parameter]
    bodies: list[Body]
    answer: str
    status: int
    command: str


class Docs(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        schema = api.get_openapi_schema()
        groups: dict[str, list[Operation]] = {}
        for path, operations in schema["paths"].items():
            for method, details in operations.items():
                operation = Reader(schema).operation(request, method.upper(), path, details)
                groups.setdefault(details["tags"][0], []).append(operation)
        return render(request, "writing/api.html", {"groups": groups})


class Api(NinjaAPI):
    """Says in its schema which scope each operation wants, which ninja leaves out."""

    _schema: OpenAPISchema | None = None

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        if self._schema is None:  # a quarter of a second's work, always with the same result
            self._schema = self._make_schema()
        return self._schema

    def _make_schema(self) -> OpenAPISchema:
        schema = super().get_openapi_schema()
        scopes = {
            operation.operation_id: [auth.scope.value]
            for router in self._get_bound_routers()
            for view in router.path_operations.values()
            for operation in view.operations
            for auth in operation.auth_callbacks
            if isinstance(auth, Token) and auth.scope
        }
        for operations in schema["paths"].values():
            for details in operations.values():
                details["security"] = [{"Token": scopes.get(details["operationId"], [])}]
        return schema


class Reader:
    """Reads what people want to know out of an OpenAPI schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schemas = schema["components"]["schemas"]

    def operation(
        self, request: HttpRequest, method: str, path: str, details: Mapping[str, Any]
    ) -> Operation:
        status, answer = next(
            (status, answer) for status, answer in details["responses"].items() if status < 300
        )
        body = self._shown(details.get("requestBody"))
        keyed = any(each["name"] == "Idempotency-Key" for each in details["parameters"])
        return Operation(
            name=details["operationId"],
            method=method,
            path=path,
            summary=details["summary"],
            about=_coded(details.get("description", "")),
            scopes=[scope for each in details["security"] for scope in each.get("Token", [])],
            parameters=list(self._parameters(details["parameters"])),
            bodies=list(self._bodies(details.get("requestBody"))),
            answer=self._shown(answer),
            status=status,
            command=_command(method, f"{request.scheme}://{request.get_host()}{path}", body, keyed),
        )

    def _parameters(self, parameters: list[dict[str, Any]]) -> Iterator[Parameter]:
        for each in parameters:
            yield Parameter(
                each["name"],
                each["in"],
                self._kind(each["schema"]),
                each["required"],
                _coded(each.get("description", "")),
            )

    def _bodies(self, body: Mapping[str, Any] | None) -> Iterator[Body]:
        if body is None:
            return
        schema = self._found(body["content"]["application/json"]["schema"])
        for kind in map(self._found, schema.get("oneOf", [schema])):
            needed = kind.get("required", [])
            fields = [
                Parameter(
                    name,
                    "body",
                    self._kind(each),
                    name in needed,
                    _coded(each.get("description", "")),
                )
                for name, each in kind["properties"].items()
            ]
            fields.sort(key=lambda field: not field.is_required)
            yield Body(_coded(kind.get("description", "")), fields)

    def _found(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def _kind(self, schema: Mapping[str, Any]) -> str:
        schema = self._found(schema)
        if "anyOf" in schema:
            kinds = [self._kind(each) for each in schema["anyOf"]]
            return " | ".join(kind for kind in kinds if kind != "null")
        if "const" in schema:
            return f"“{schema['const']}”"
        if "enum" in schema:
            return " | ".join(map(str, schema["enum"]))
        return str(schema.get("format") or schema.get("type", ""))

    def _shown(self, holder: Mapping[str, Any] | None) -> str:
        """An example as JSON; empty where there is no JSON."""
        content = (holder or {}).get("content", {})
        if set(content) != {"application/json"}:
            return ""
        example = self._example(content["application/json"]["schema"])
        return json.dumps(example, indent=2, ensure_ascii=False)

    def _example(self, schema: Mapping[str, Any]) -> Any:
        schema = self._found(schema)
        for few in ("oneOf", "anyOf", "allOf"):
            if few in schema:
                return self._example(schema[few][0])
        match schema:
            case {"examples": [example, *_]} | {"enum": [example, *_]} | {"const": example}:
                return example
            case {"default": example} if example not in (None, "", []):
                return example
            case {"properties": properties}:
                return {name: self._example(each) for name, each in properties.items()}
            case {"items": items}:
                return [self._example(items)]
        return EXAMPLES.get(schema.get("format") or schema.get("type", ""), {})


EXAMPLES: dict[str, Any] = {
    "uuid": "2f1c6b1e-6c1f-4b4e-9d57-0a6f5b0c7d11",
    "date-time": "2026-12-01T09:30:00Z",
    "string": "…",
    "integer": 1,
    "number": 0.5,
    "boolean": False,
    "null": None,
}


def _coded(text: str) -> str:
    """What stands between backticks as code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if n % 2 else part,) for n, part in parts)
    )


def _command(method: str, address: str, body: str, keyed: bool) -> str:
    """For a shell."""
    lines = ['curl -H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        lines[0] += f" -X {method}"
    if keyed:
        lines.append("-H 'Idempotency-Key: 1'")
    if body:
        lines.append("-H 'Content-Type: application/json'")
        sent = json.dumps(json.loads(body), ensure_ascii=False)
        lines.append("-d '" + sent.replace("'", "'\\''") + "'")
    lines.append(f"'{address}'")
    return " \\\n  ".join(lines)
