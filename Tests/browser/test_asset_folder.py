"""`collector serve --assets` serves the pages from a folder that scripts/build-web writes."""

import re
import shutil
import subprocess

import pytest

from bodies import event
from program import ROOT, run
from waits import COMMAND_SECONDS_MAX
from wire import get, post


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with all files; tests change copies of it."""
    folder = tmp_path_factory.mktemp("built") / "dist"
    subprocess.run([ROOT / "scripts" / "build-web", "--dist", folder], check=True, timeout=COMMAND_SECONDS_MAX)
    return folder


@pytest.fixture
def dist(built, tmp_path):
    return shutil.copytree(built, tmp_path / "dist")


@pytest.fixture
def port(serve, dist):
    return serve(None, "--skip-db", "--assets", str(dist)).port


def test_each_file_is_served_like_the_embedded_one(port, site):
    page = get(port, "/").body.decode()
    names = re.findall(r'(?:src|href)="(?:\./)?(static/[^"]+)"', page)
    assert any(name.endswith(".js") for name in names) and any(name.endswith(".css") for name in names)
    for path in ("/", "/insight", "/demo/", "/demo/shop", "/collector.js", "/robots.txt", *("/" + name for name in names)):
        ours = get(port, path)
        assert ours.status == 200, path
        assert ours.field("Cache-Control") == "no-cache", path
        assert ours.field("Content-Encoding") is None
        # The build for a folder is larger: names of files differ, everything else is the same.
        if not path.startswith("/static/"):
            theirs = get(site.port, path)
            for name in ("Content-Type", "Content-Security-Policy", "Access-Control-Allow-Origin", "X-Content-Type-Options"):
                assert ours.field(name) == theirs.field(name), (path, name)


def test_an_edit_is_served_on_the_next_request(port, dist):
    before = get(port, "/robots.txt")
    tag = before.field("ETag")
    unchanged = get(port, "/robots.txt", [("If-None-Match", tag)])
    assert (unchanged.status, unchanged.body) == (304, b"")
    (dist / "robots.txt").write_text("edited")
    after = get(port, "/robots.txt", [("If-None-Match", tag)])
    assert (after.status, after.body) == (200, b"edited")
    assert after.field("ETag") != tag


def test_nothing_outside_of_the_folder_is_served(port, dist):
    (dist.parent / "secret.txt").write_text("secret")
    (dist / "static" / "unnamed.js").write_text("1")
    for path in ("/static/unnamed.js", "/static/../../secret.txt", "/static/..%2f..%2fsecret.txt", "/static//etc/passwd", "/static/../assets.tsv", "/assets.tsv"):
        assert get(port, path).status in (400, 404), path
    for path in ("/static/", "/static/.", "/static/.."):
        assert get(port, path).status == 404, path


def test_the_log_warns_about_the_folder_and_events_are_stored(serve, dist, sqlite):
    collector = serve(sqlite, "--assets", str(dist))
    assert re.search(r"level=warning .*development mode: web files are read from a folder", collector.log)
    assert str(dist) in collector.log
    assert post(collector.port, "/event", event()).status == 200


def test_a_server_without_the_option_reads_no_folder(serve, tmp_path):
    (tmp_path / "Web" / "dist").mkdir(parents=True)
    (tmp_path / "Web" / "dist" / "assets.tsv").write_text("robots.txt\ttext/plain\n")
    (tmp_path / "Web" / "dist" / "robots.txt").write_text("edited")
    collector = serve(None, "--skip-db")
    assert get(collector.port, "/robots.txt").body != b"edited"
    assert "development" not in collector.log


def test_a_folder_that_was_not_built_stops_the_start_with_advice(tmp_path):
    result = run("serve", "--port", "0", "--assets", tmp_path, folder=tmp_path)
    assert result.returncode == 1
    assert "no built web files" in result.stderr and "scripts/build-web --dist" in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_build_removes_only_what_an_earlier_build_wrote(dist):
    (dist / "mine.txt").write_text("mine")
    (dist / "static" / "old.0a.js").write_text("1")
    with open(dist / "assets.tsv", "a") as manifest:
        manifest.write("static/old.0a.js\ttext/javascript\n")
    subprocess.run([ROOT / "scripts" / "build-web", "--dist", dist], check=True, timeout=COMMAND_SECONDS_MAX)
    assert (dist / "mine.txt").exists()
    assert not (dist / "static" / "old.0a.js").exists()
    assert "old.0a.js" not in (dist / "assets.tsv").read_text()
