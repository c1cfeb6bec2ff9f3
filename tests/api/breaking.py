"""Finds changes of the OpenAPI document that break clients of an older version.

A request that was valid must stay valid, and a response must not have new kinds of values.
docs/frontend.md explains the rules.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

Direction = Literal["request", "response"]
Schema = Mapping[str, Any]

# A request schema may not lower the first bounds or raise the second ones.
_UPPER: Final = ("maximum", "maxLength", "maxItems", "maxProperties")
_LOWER: Final = ("minimum", "minLength", "minItems", "minProperties")
_FORMS: Final = ("pattern", "format")


def find_breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Describe each change between two documents that breaks a client."""
    return list(_Comparison(old, new).operations())


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new
        # Compared pairs, by identity: schemas contain each other, so that recursion must stop.
        self._seen: set[tuple[int, int, Direction]] = set()

    def operations(self) -> Iterator[str]:
        for path, methods in self.old["paths"].items():
            if path not in self.new["paths"]:
                yield f"{path}: the path is gone"
                continue
            for method, operation in methods.items():
                where = f"{method.upper()} {path}"
                if method not in self.new["paths"][path]:
                    yield f"{where}: the operation is gone"
                    continue
                present = self.new["paths"][path][method]
                yield from self._parameters(where, operation, present)
                yield from self._body(where, operation, present)
                yield from self._responses(where, operation, present)

    def _parameters(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = _by_name(old), _by_name(new)
        for name, parameter in after.items():
            was_required = before.get(name, {}).get("required", False)
            if parameter.get("required") and not was_required:
                yield f"{where}: the parameter {name} is required now"
        for name, parameter in before.items():
            if name not in after:
                yield f"{where}: the parameter {name} is gone"
                continue
            for setting in ("style", "explode"):
                if parameter.get(setting) != after[name].get(setting):
                    yield f"{where}: the parameter {name} has another {setting}"
            at = f"{where} parameter {name}"
            yield from self._schema(at, parameter["schema"], after[name]["schema"], "request")

    def _body(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = old.get("requestBody", {}), new.get("requestBody", {})
        if after.get("required") and not before.get("required"):
            yield f"{where}: a body is required now"
        yield from self._content(f"{where} body", before, after, "request")

    def _responses(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        for status, before in old["responses"].items():
            if status not in new["responses"]:
                if status.startswith("2"):
                    yield f"{where}: it no longer answers {status}"
                continue
            after = new["responses"][status]
            for name in before.get("headers", {}).keys() - after.get("headers", {}).keys():
                yield f"{where} {status}: the header {name} is gone"
            yield from self._content(f"{where} {status}", before, after, "response")
        for status in new["responses"].keys() - old["responses"].keys():
            if status.startswith("2"):
                yield f"{where}: it may answer {status} now"

    def _content(self, where: str, old: Schema, new: Schema, direction: Direction) -> Iterator[str]:
        before, after = old.get("content", {}), new.get("content", {})
        for media_type, described in before.items():
            if media_type not in after:
                yield f"{where}: {media_type} is gone"
                continue
            schemas = described.get("schema", {}), after[media_type].get("schema", {})
            yield from self._schema(where, *schemas, direction)

    def _schema(self, where: str, old: Schema, new: Schema, direction: Direction) -> Iterator[str]:
        pair = (id(old), id(new), direction)
        if pair in self._seen:
            return
        self._seen.add(pair)
        if "$ref" in old:
            where = old["$ref"].rpartition("/")[2]
        before, after = _variants(self.old, old), _variants(self.new, new)
        if direction == "request":
            lost = before.keys() - after.keys() if "any" not in after else ()
            yield from (f"{where}: {kind} is no longer accepted" for kind in sorted(lost))
        else:
            more = after.keys() - before.keys() if "any" not in before else ()
            yield from (f"{where}: it may be {kind} now" for kind in sorted(more))
        for kind in sorted(before.keys() & after.keys()):
            both = before[kind], after[kind]
            yield from self._enum(where, *both, direction)
            if direction == "request":
                yield from _bounds(where, *both)
            yield from self._members(where, *both, direction)
            if "items" in before[kind] and "items" in after[kind]:
                items = before[kind]["items"], after[kind]["items"]
                yield from self._schema(f"{where}[]", *items, direction)

    def _enum(self, where: str, old: Schema, new: Schema, direction: Direction) -> Iterator[str]:
        before, after = old.get("enum"), new.get("enum")
        if direction == "request" and after is not None:
            if before is None:
                yield f"{where}: only some values are accepted now"
            else:
                gone = [word for word in before if word not in after]
                yield from (f"{where}: the value {word} is no longer accepted" for word in gone)
        if direction == "response" and before is not None:
            if after is None:
                yield f"{where}: it may be any value now"
            else:
                added = [word for word in after if word not in before]
                yield from (f"{where}: it may be the value {word} now" for word in added)

    def _members(self, where: str, old: Schema, new: Schema, direction: Direction) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(before.keys() - after.keys()):
            yield f"{where}.{name}: the member is gone"
        needed, promised = set(new.get("required", ())), set(old.get("required", ()))
        if direction == "request":
            yield from (f"{where}.{n}: it is required now" for n in sorted(needed - promised))
        else:
            missing = (promised - needed) & after.keys()
            yield from (f"{where}.{n}: it may be missing now" for n in sorted(missing))
        for name in sorted(before.keys() & after.keys()):
            yield from self._schema(f"{where}.{name}", before[name], after[name], direction)


def _by_name(operation: Schema) -> dict[str, Schema]:
    return {f"{p['in']} {p['name']}": p for p in operation.get("parameters", ())}


def _bounds(where: str, old: Schema, new: Schema) -> Iterator[str]:
    for name in _UPPER:
        if name in new and new[name] < old.get(name, float("inf")):
            yield f"{where}: {name} is lower"
    for name in _LOWER:
        if name in new and new[name] > old.get(name, float("-inf")):
            yield f"{where}: {name} is higher"
    for name in _FORMS:
        if name in new and new[name] != old.get(name):
            yield f"{where}: {name} has changed"


def _variants(document: Schema, schema: Schema) -> dict[str, Schema]:
    """Return the schema of a value by JSON type, or of ``any`` without a type."""
    while "$ref" in schema:
        *_, group, name = schema["$ref"].split("/")
        schema = document["components"][group][name]
    variants: dict[str, Any] = {}
    for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        for kind, variant in _variants(document, part).items():
            variants[kind] = (
                _merge_variants(variants[kind], variant) if kind in variants else variant
            )
    for part in schema.get("allOf", ()):
        for kind, variant in _variants(document, part).items():
            variants[kind] = {**variants.get(kind, {}), **variant}
    if variants:
        return variants
    kinds = schema.get("type", "any")
    return dict.fromkeys([kinds] if isinstance(kinds, str) else kinds, schema)


def _merge_variants(one: Schema, other: Schema) -> Schema:
    """Merge two variants of one type."""
    if "enum" in one and "enum" in other:
        return {**one, "enum": [*one["enum"], *other["enum"]]}
    return one if "enum" not in one else other
