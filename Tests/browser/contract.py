"""Checks payloads against the payload contract, `Contract/payloads.json`. `LIMITS` are the server's limits by name, `SIZES` those of the tracker's files."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "Contract"
KEYS = {kind: event["keys"] for kind, event in json.loads((FOLDER / "payloads.json").read_text(encoding="utf-8"))["events"].items()}
CONTRACT = json.loads((FOLDER / "limits.json").read_text(encoding="utf-8"))
LIMITS = {name: limit["value"] for name, limit in CONTRACT["server"].items()}
SIZES = {f"/{name}": size for name, size in CONTRACT["files"].items()}
TYPES = {"object": dict, "array": list, "string": str, "number": (int, float), "boolean": bool, "any": object}


def segments(path):
    return path.replace("[]", ".[]").split(".")


def tree(keys):
    root = {"children": {}}
    for path, key in keys.items():
        node = root
        for name in segments(path):
            node = node["children"].setdefault(name, {"children": {}})
        node |= key
    return root


TREES = {kind: tree(keys) for kind, keys in KEYS.items()}


def child(node, name):
    found = node["children"].get(name)
    aliases = (other for other in node["children"].values() if other.get("previously") == name)
    return found or next(aliases, None) or node["children"].get("*")


def unknown(kind, payload):
    """Paths of a payload that the contract lacks, and of values that are of another type; null is of every type."""
    found = []

    def walk(value, node, path):
        kind = node.get("type", "object" if "[]" not in node["children"] else "any")
        if kind == "any" or value is None:
            return
        if isinstance(value, TYPES[node.get("previousType", kind)]) and "previousType" in node:
            return
        if not isinstance(value, TYPES[kind]) or (kind == "number" and isinstance(value, bool)):
            found.append(f"{path}: no {kind}")
        elif isinstance(value, dict):
            for name, inner in value.items():
                known = child(node, name)
                if known is None:
                    found.append(f"{path}.{name}")
                else:
                    walk(inner, known, f"{path}.{name}")
        elif isinstance(value, list) and "[]" in node["children"]:
            for inner in value:
                walk(inner, node["children"]["[]"], f"{path}[]")

    walk(payload, TREES[kind], kind)
    return found


def parts(metric):
    """The parts of a metric's time, and the key of its element."""
    prefix = f"attribution.{metric}."
    own = {path.removeprefix(prefix): key for path, key in KEYS["webvitals"].items() if path.startswith(prefix)}
    read = {name: key for name, key in own.items() if key.get("read")}
    (target,) = (name for name, key in read.items() if key["type"] == "string")
    return {name: key for name, key in read.items() if key["type"] == "number"}, target, read[target]["previously"]
