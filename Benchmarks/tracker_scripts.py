"""Builds the scripts to compare, measures their sizes, and provides the tags that load them."""

import contextlib
import gzip
import importlib.machinery
import importlib.util
import io
import math
import pathlib
import subprocess

from tracker_site import WEBSITE_ID

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEACON = ROOT / "Benchmarks" / "vitals-beacon.js"
# What an ordinary page view loads, and all that a page can load. A browser without the Navigation API also loads collector-routes.js on each page.
ALWAYS = ("collector.js", "collector-details.js")
EVERYTHING = (*ALWAYS, "collector-errors.js", "collector-routes.js", "collector-fingerprint.js")


def load_build_web(web):
    """The build-web module next to these sources if it can be imported, otherwise ours with its paths set to them."""
    theirs = web.parent / "scripts" / "build-web"
    path = theirs if theirs.exists() and '__name__ == "__main__"' in theirs.read_text() else ROOT / "scripts" / "build-web"
    loader = importlib.machinery.SourceFileLoader("build_web", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("build_web", loader))
    loader.exec_module(module)
    module.WEB = web
    # No size limit: the benchmark also measures files that exceed it.
    module.TRACKER = {name: (*parts[:-1], math.inf) for name, parts in module.TRACKER.items()}
    return module


def tracker_files(web):
    """The tracker's files as the program serves them, by name."""
    build_web = load_build_web(web)
    with contextlib.redirect_stdout(io.StringIO()):
        return {name: build_web.bundle_tracker(name) for name in build_web.TRACKER}


def readable_files(web):
    """The same files without minification, for a profile."""
    build_web = load_build_web(web)
    return {
        name: build_web.COMPILE_HINT + build_web.esbuild(
            str(web / "tracker" / f"{entry}.js"), "--bundle", f"--format={form}", f"--target={build_web.TRACKER_TARGET}",
        )
        for name, (entry, form, _) in build_web.TRACKER.items()
    }


def with_beacon(library):
    """The web-vitals library and the script that sends its metrics, in one file."""
    command = ["esbuild", "--minify", "--format=iife", "--loader=js"]
    beacon = subprocess.run(command, input=BEACON.read_bytes(), capture_output=True, check=True).stdout
    return library + b"\n" + beacon


def tags(url, names):
    """Script tags by variant."""
    scripts = {
        "collector": f'<script defer src="{url}/collector.js"></script>',
        "web-vitals": f'<script defer src="{url}/web-vitals.js"></script>',
        "umami": f'<script defer src="{url}/umami.js" data-website-id="{WEBSITE_ID}"></script>',
        "none": "",
    }
    scripts["both"] = scripts["web-vitals"] + scripts["umami"]
    return {name: scripts[name] for name in names}


def filtered(command, data):
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def sizes(data, build_web):
    """Bytes: raw, gzip -9, zopfli, brotli 11."""
    return (len(data), len(gzip.compress(data, 9, mtime=0)), len(build_web.gzipped(data)), len(filtered(["brotli", "-q", "11", "-c"], data)))
