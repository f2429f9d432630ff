"""The container files match the docs; scripts/image builds and runs the image itself."""

import fnmatch
import re

from program import ROOT

#: Fixed by the image: the container's own address, port and volume.
FIXED = {"HOST", "PORT", "COLLECTOR_DATA"}
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def section(name):
    """The lines of a service or network, without comments."""
    (text,) = re.findall(rf"^  {name}:\n((?:    .*\n|\n)*)", COMPOSE, re.M)
    return re.sub(r"^ *#.*\n", "", text, flags=re.M)


def documented_variables():
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| Variable |")[1].split("\n\n")[0]
    names = [name for line in table.splitlines() for name in re.findall(r"`([A-Z][A-Z_]+)`", line.split("|")[1] if "|" in line else "")]
    assert len(names) > 10
    return set(names)


def test_compose_passes_every_documented_variable_on():
    passed = re.findall(r"^      ([A-Z_]+): \$\{([A-Z_]+):-(.*)\}$", section("collector"), re.M)
    assert all(name == variable for name, variable, _ in passed)
    assert {name for name, _, _ in passed} == documented_variables() - FIXED
    # The container cannot know the published port, so that the address of the sign-in link names it.
    (port,) = re.findall(r"COLLECTOR_PUBLISH:-(\d+)\}:5000", section("collector"))
    assert {name: value for name, _, value in passed if value} == {"COLLECTOR_URL": f"http://localhost:{port}"}


def test_the_database_of_compose_starts_only_on_request_and_is_not_reachable_from_outside():
    database = section("postgres")
    assert "profiles: [postgres]" in database
    assert "networks: [database]" in database and "ports:" not in database
    assert re.search(r"^networks:\n  default:\n  database:\n    internal: true$", COMPOSE, re.M)
    shared = (ROOT / "docker-compose.shared-network.yml").read_text(encoding="utf-8")
    assert "postgres" not in shared


def test_files_copied_by_the_dockerfile_are_not_ignored():
    rules = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M)
    for name in copied:
        assert (ROOT / name).exists() and f"!{name}" in rules, name
    # The manifest names the folders of all test targets.
    assert {"Tests", "Sources", "Package.swift"} <= set(copied)
    assert not any(fnmatch.fnmatch("Tests/TestSupport", rule) for rule in rules[1:])
