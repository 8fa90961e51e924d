"""The JSON schema of a preset file, for editors and other programs, read off the data model."""

from __future__ import annotations

import json
from typing import Any

from dreamer.presets.model.introspection import all_keys
from dreamer.presets.model.renamed import RENAMED, SYNONYMS
from dreamer.presets.model.schema import Preset
from dreamer.presets.timeline.checks import may_change
from dreamer.presets.timeline.easings import EASINGS
from dreamer.presets.timeline.scenes import SCENES, Scene

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_EXTENDS = {"type": "string", "description": "name or path of the preset that this one changes"}
_KEYFRAMES = {
    "description": 'values at times, such as { "0s" = 1, "2s" = [3, "out"], ease = "smooth" }',
    "type": "object",
    "properties": {"ease": {"enum": list(EASINGS)}},
    "patternProperties": {r"^\s*(\d+(\.\d*)?|\.\d+)\s*(s|f|b|%)\s*$": {}},
    "additionalProperties": False,
    "minProperties": 1,
}
_EXPRESSION = {"description": 'of t (seconds), such as "= 1 + 0.2 * sin(t)"', "type": "string", "pattern": r"^\s*="}


def schema_json() -> str:
    """The JSON schema of a preset file, in plain keywords only, for editors and other programs."""
    schema = Preset.model_json_schema(by_alias=True)
    _name_tables(schema)
    _add_units(schema)
    schema = _keyframed(_plain(schema))
    schema["properties"] = {"extends": _EXTENDS, **schema["properties"]}
    del schema["required"]
    schema["properties"][SCENES] = {"type": "array", "items": _plain(Scene.model_json_schema()), "minItems": 1}
    _add_other_names(schema["$defs"])
    schema["anyOf"] = [{"required": [key]} for key in ("targets", "extends", SCENES)]
    schema = {"$schema": _DRAFT, "title": "dreamer preset", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _plain(node: Any, *, names: bool = False) -> Any:
    """The schema without pydantic's titles, with alternatives and lists in keywords that all editors read."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if names:  # the keys are those of a preset, not of the schema language
        return {key: _plain(value) for key, value in node.items()}
    plain = {key: _plain(value, names=key in {"properties", "$defs"}) for key, value in node.items() if key != "title"}
    if "prefixItems" in plain:
        plain["items"] = plain.pop("prefixItems")[0]
    if "oneOf" in plain:
        plain["anyOf"] = plain.pop("oneOf")
    return plain


def _name_tables(schema: dict[str, Any]) -> None:
    """Call each table by its title: pydantic spells out the parameters of generic ones."""
    titles = {name: table.get("title", name) for name, table in schema["$defs"].items()}
    schema["$defs"] = {titles[name]: table for name, table in schema["$defs"].items()}
    _refer(schema, {f"#/$defs/{name}": f"#/$defs/{title}" for name, title in titles.items()})


def _refer(node: Any, names: dict[str, str]) -> None:
    if isinstance(node, dict) and node.get("$ref") in names:
        node["$ref"] = names[node["$ref"]]
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _refer(inner, names)


def _add_units(schema: dict[str, Any]) -> None:
    """Say the units, of which JSON schemas know nothing, in the descriptions."""
    tables = {**schema["$defs"], Preset.__name__: schema}
    for owner, name, unit in {(key.owner.__name__, key.name, key.unit) for key in all_keys().values() if key.unit}:
        field = tables[owner]["properties"][name]
        field["description"] = f"{field['description']} ({unit})"


def _keyframed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in which keyframes may stand for whatever may change, and expressions for its numbers."""
    changing = {(key.owner.__name__, key.name) for key in all_keys().values() if may_change(key)}
    for owner, table in [*schema["$defs"].items(), (Preset.__name__, schema)]:
        for name, field in table.get("properties", {}).items():
            if (owner, name) in changing:
                said = {key: field.pop(key) for key in ("description", "default") if key in field}
                forms = [_with_changing_items(form, name) for form in field.get("anyOf", [field])]
                table["properties"][name] = {"anyOf": [*forms, *_changing(forms)], **said}
    schema["$defs"] |= {"Keyframes": _KEYFRAMES, "Expression": _EXPRESSION}
    return schema


def _add_other_names(tables: dict[str, Any]) -> None:
    """Add the old names and synonyms of keys, which validation accepts."""
    for path, name in (RENAMED | SYNONYMS).items():
        table, _, other = path.rpartition(".")
        properties = tables[all_keys()[f"{table}.{name}"].owner.__name__]["properties"]
        properties[other] = {**properties[name], "description": f"the same as {name}"}
        if path in RENAMED:
            properties[other] |= {"description": f"old name of {name}", "deprecated": True}


def _with_changing_items(form: dict[str, Any], name: str) -> dict[str, Any]:
    key = next((key for key in ("items", "additionalProperties") if isinstance(form.get(key), dict)), None)
    if key is None or name == "kernels":  # which are keyframed as a whole
        return form
    return {**form, key: {"anyOf": [form[key], *_changing([form[key]])]}}


def _changing(forms: list[dict[str, Any]]) -> list[dict[str, str]]:
    is_number = any(form.get("type") in ("number", "integer") for form in forms)
    names = ("Keyframes", "Expression") if is_number else ("Keyframes",)
    return [{"$ref": f"#/$defs/{name}"} for name in names]
