"""The commands of the development loop."""

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from program import ROOT
from waits import COMMAND_SECONDS_MAX


def make(*arguments):
    # The tests may run below another make, whose options are not those of this one.
    environment = os.environ | {"MAKEFLAGS": ""}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)


def test_make_help_lists_every_target_that_has_a_description():
    described = re.findall(r"^(\S+?):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = re.findall(r"^  make (\S+) +\S", make("help").stdout, re.MULTILINE)
    assert listed == described
    assert {"check", "edit", "test-swift", "test-browser", "bench-insight"} <= set(listed)


@pytest.mark.parametrize("target", ["test-swift", "test-browser"])
def test_one_test_needs_a_filter(target):
    result = make("--dry-run", target)
    assert result.returncode == 2
    assert f"FILTER is missing: make {target} FILTER=" in result.stderr


def test_an_unknown_step_of_the_tests_is_named_with_those_that_exist():
    result = subprocess.run([ROOT / "scripts" / "test", "lnt"], capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
    assert result.returncode == 2
    assert "unknown step 'lnt'" in result.stderr and "unit" in result.stderr and "browser" in result.stderr


def test_every_target_of_swift_tests_exists_that_the_unit_step_leaves_out():
    (names,) = re.findall(r"^integration_tests='\^\((.*)\)", (ROOT / "scripts" / "test").read_text(), re.MULTILINE)
    for name in names.split("|"):
        assert (ROOT / "Tests" / name).is_dir(), name


# Assets of debug builds


@pytest.fixture
def build_web(tmp_path, monkeypatch):
    """The functions of scripts/build-web, writing to a temporary folder."""
    loader = importlib.machinery.SourceFileLoader("build_web", str(ROOT / "scripts" / "build-web"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    sources = shutil.copytree(ROOT / "Sources" / "C" / "CAssets", tmp_path / "CAssets", ignore=shutil.ignore_patterns("generated*"))
    monkeypatch.setattr(module, "GENERATED", sources / "generated")
    monkeypatch.setattr(module, "FRESH", sources / "generated.new")
    monkeypatch.setattr(module, "STAMP", sources / "generated" / "stamp")
    monkeypatch.setattr(module.SETTINGS, "is_fast", True)
    return module


def compiles(build_web, *options):
    swift = subprocess.run([ROOT / "scripts" / "find-swift"], capture_output=True, text=True, check=True).stdout.strip()
    sources = build_web.GENERATED.parent
    command = [pathlib.Path(swift) / "clang", "-fsyntax-only", "-std=c2x", "-I", sources / "include", *options, sources / "assets.c"]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.returncode == 0, result.stderr


def test_a_release_build_with_the_assets_of_a_debug_build_does_not_compile(build_web):
    build_web.build_tables()
    assert compiles(build_web, "-DDEBUG=1") == (True, "")
    is_compiled, errors = compiles(build_web)
    assert not is_compiled and "run `make assets`" in errors


def test_a_debug_build_uses_the_assets_of_a_release_build(build_web):
    build_web.build_tables()
    release = build_web.STAMP.read_text().removesuffix(" fast")
    build_web.STAMP.write_text(release)
    build_web.build_tables()
    assert build_web.STAMP.read_text() == release


# The runner of the tests


@pytest.fixture
def runner(tmp_path):
    """Runs scripts/test with tools that only print their arguments; the given ones fail."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    shutil.copy(ROOT / "scripts" / "test", scripts)
    tool = '#!/bin/sh\necho "ran $(basename "$0") $*"\ncase " $FAILING " in *" $(basename "$0") $1 "*) exit 3;; esac\n'
    for path in (scripts / "setup", scripts / "lint", scripts / "build-web", scripts / "fuzz", scripts / "image", tmp_path / "swift", tmp_path / "deno", tmp_path / "python3"):
        path.write_text(tool)
        path.chmod(0o755)
    (scripts / "find-swift").write_text(f"#!/bin/sh\necho {tmp_path}\n")
    (scripts / "find-swift").chmod(0o755)

    def run(*steps, failing=""):
        environment = {"PATH": os.environ["PATH"], "FAILING": failing}
        result = subprocess.run([scripts / "test", *steps], env=environment, capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
        summary = dict(re.findall(r"^(\S+) +(passed|FAILED|not run) ", result.stdout, re.MULTILINE))
        return result, summary

    run.logs = tmp_path / ".build" / "logs"
    return run


def test_all_steps_run_and_show_what_their_tests_print(runner):
    result, summary = runner()
    assert result.returncode == 0, result.stdout + result.stderr
    wanted = {
        "setup", "assets", "lint", "web", "swift-build", "swift-test", "distributed-test", "tsan-build", "tsan-test", "fuzz", "release-build",
        "image", "browser",
    }
    assert set(summary) == wanted and set(summary.values()) <= {"passed", "not run"}
    assert re.search(r"^ran swift test .*disable-xctest$", result.stdout, re.MULTILINE)
    assert re.search(r"^ran python3 -m pytest .*Tests/browser Tests/chaos", result.stdout, re.MULTILINE)
    assert "tests: all steps passed" in result.stdout.splitlines()[-1]


def test_a_failed_step_stops_only_those_that_need_it(runner):
    result, summary = runner("lint", "swift", "tsan", "browser", failing="swift build")
    assert result.returncode == 1
    assert summary == {
        "assets": "passed", "lint": "passed", "swift-build": "FAILED", "swift-test": "FAILED", "distributed-test": "FAILED", "tsan-build": "FAILED",
        "tsan-test": "FAILED", "browser": "passed",
    }
    assert "swift-test       FAILED   not run: needs swift-build" in result.stdout
    assert "ran swift test" not in result.stdout


def test_each_duration_is_recorded_with_the_commit(runner):
    runner("lint", "unit")
    runner("unit")
    header, *rows = [line.split("\t") for line in (runner.logs / "durations.tsv").read_text().splitlines()]
    assert header == ["time", "commit", "step", "result", "seconds", "cpu_seconds"]
    assert sorted(row[2] for row in rows) == ["assets"] * 2 + ["lint"] + ["swift-build"] * 2 + ["unit-test"] * 2
    assert all(len(row) == 6 and row[1] == "unknown" and row[4].isdigit() and row[5].isdigit() for row in rows)
