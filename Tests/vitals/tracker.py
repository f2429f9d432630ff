"""Bundles the tracker with scripts/build-web; no build of the program is needed."""

import contextlib
import importlib.machinery
import importlib.util
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: A tracker under test may exceed the size limit.
SIZE_LIMIT = 1 << 20


def bundle(web):
    """The tracker's files by name, from a folder like Web/."""
    script = web.parent / "scripts" / "build-web"
    loader = importlib.machinery.SourceFileLoader("build_web", str(script if script.exists() else ROOT / "scripts" / "build-web"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("build_web", loader))
    loader.exec_module(module)
    module.WEB = web
    module.gzipped = lambda data: b""
    for name, (entry, form, *_) in module.TRACKER.items():
        module.TRACKER[name] = (entry, form, SIZE_LIMIT)
    with contextlib.redirect_stdout(None):
        return {name: module.bundle_tracker(name) for name in module.TRACKER}
