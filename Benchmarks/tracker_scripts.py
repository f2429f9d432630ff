"""The scripts that are compared: built, with their sizes and the tags that load them."""

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
# What every page loads. The other parts of the tracker are loaded where they are needed.
ALWAYS = ("collector.js", "collector-details.js")


def load_build_web(web):
    """scripts/build-web beside these sources if it can be imported, else our own, pointed at them."""
    theirs = web.parent / "scripts" / "build-web"
    path = theirs if theirs.exists() and '__name__ == "__main__"' in theirs.read_text() else ROOT / "scripts" / "build-web"
    loader = importlib.machinery.SourceFileLoader("build_web", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("build_web", loader))
    loader.exec_module(module)
    module.WEB = web
    # A benchmark measures a file that has outgrown its limit, too.
    module.TRACKER = {name: (*parts[:-1], math.inf) for name, parts in module.TRACKER.items()}
    return module


def tracker_files(web):
    """The tracker's files as the program serves them, by name."""
    build_web = load_build_web(web)
    with contextlib.redirect_stdout(io.StringIO()):
        return {name: build_web.bundle_tracker(name) for name in build_web.TRACKER}


def readable_files(web):
    """The same files with their names and lines kept, for a profile."""
    build_web = load_build_web(web)
    return {
        name: build_web.COMPILE_HINT + build_web.esbuild(
            str(web / "tracker" / f"{entry}.js"), "--bundle", f"--format={form}", f"--target={build_web.TRACKER_TARGET}",
        )
        for name, (entry, form, _) in build_web.TRACKER.items()
    }


def with_beacon(library):
    """The library and the script that reports what it measures, in one file."""
    command = ["esbuild", "--minify", "--format=iife", "--loader=js"]
    beacon = subprocess.run(command, input=BEACON.read_bytes(), capture_output=True, check=True).stdout
    return library + b"\n" + beacon


def tags(url, names):
    """The markup that loads the scripts of each variant, by the name of the variant."""
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
