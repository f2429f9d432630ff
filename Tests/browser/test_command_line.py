"""Commands, help, terminal output, and the first steps of a new user."""

import os
import re
import shutil
import subprocess

import pytest

from postgres import PASSWORD
from program import BINARY, ROOT, run
from terminal import Terminal
from waits import COMMAND_SECONDS_MAX
from wire import get

pytestmark = pytest.mark.empty_store

COMMANDS = ("serve", "migrate", "verify", "rebuild", "demo", "check", "backup", "restore", "archive", "import", "link", "doctor", "completions", "help")


@pytest.fixture
def terminal():
    """Starts commands on terminals that end with the test."""
    started = []

    def start(*arguments, folder, environment=None):
        started.append(Terminal(*arguments, folder=folder, environment=environment))
        return started[-1]

    yield start
    for item in started:
        item.close()


# The start


def test_the_terminal_greeting_lists_the_next_steps(store, terminal):
    for _ in range(2):
        shown = terminal("serve", "--port", "0", folder=store.folder, environment=store.environment)
        shown.wait_for("Press Ctrl\\+C to stop")
        (url,) = re.findall(r"Open (http://localhost:\d+)\n", shown.text)
        token = (store.folder / "data" / "token").read_text().strip()
        assert f"\n  {url}/insight#token={token}\n" in shown.text
        assert f'\n  <script defer src="{url}/collector.js"></script>\n' in shown.text
        if store.name == "sqlite":
            assert f"Data: SQLite file {store.path}\n" in shown.text
        else:
            assert f"Data: PostgreSQL database {store.database} at 127.0.0.1:{store.cluster.port}\n" in shown.text
            assert PASSWORD not in shown.text
        port = int(url.rsplit(":", 1)[1])
        assert get(port, "/insight").status == get(port, "/collector.js").status == 200
        shown.press_control_c()
        assert shown.wait() == 0


def test_the_log_never_contains_the_token(store, serve):
    for _ in range(2):
        collector = serve(store)
        collector.stop()
        token = (collector.data / "token").read_text().strip()
        assert token not in collector.log and "#token=" not in collector.log
        assert "Press Ctrl" not in collector.log
    first = run("link", folder=store.folder)
    assert token in first.stdout


def test_the_terminal_greeting_reports_a_missing_database(tmp_path, terminal):
    shown = terminal("serve", "--port", "0", "--skip-db", folder=tmp_path)
    shown.wait_for("No database")
    shown.press_control_c()
    assert shown.wait() == 0


# The link


def link(folder, *arguments, environment=None):
    result = run("link", *arguments, folder=folder, environment=environment)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip().split("#token=")[0], result.stderr


def test_link_uses_the_port_of_the_running_server(serve, tmp_path):
    collector = serve()
    assert link(tmp_path) == (f"http://localhost:{collector.port}/insight", "")
    # The image's environment differs from that of the running server.
    assert link(tmp_path, environment={"PORT": "5000"})[0] == f"http://localhost:{collector.port}/insight"
    assert link(tmp_path, "--port", "81")[0] == "http://localhost:81/insight"
    collector.stop()
    assert not (collector.data / "address").exists()
    assert link(tmp_path, environment={"PORT": "82"})[0] == "http://localhost:82/insight"


def test_link_uses_the_configured_public_address(serve, tmp_path):
    serve(environment={"COLLECTOR_BASE_PATH": "/stats"})
    assert re.fullmatch(r"http://localhost:\d+/stats/insight", link(tmp_path)[0])
    public = {"COLLECTOR_URL": "https://stats.example.com"}
    assert link(tmp_path, environment=public) == ("https://stats.example.com/insight", "")
    assert link(tmp_path, environment=public | {"COLLECTOR_BASE_PATH": "/a"})[0] == "https://stats.example.com/a/insight"
    assert link(tmp_path, "--url", "https://x.test/b/", environment=public)[0] == "https://x.test/b/insight"


def test_link_uses_the_public_address_of_the_running_server(serve, tmp_path):
    """The command is run with another environment than the server, as beside systemd."""
    serve(environment={"COLLECTOR_URL": "https://stats.example.com", "COLLECTOR_BASE_PATH": "/a"})
    assert link(tmp_path) == ("https://stats.example.com/a/insight", "")
    assert link(tmp_path, "--port", "81")[0] == "http://localhost:81/insight"


def test_link_never_has_the_wildcard_address(serve, tmp_path):
    collector = serve(environment={"HOST": "0.0.0.0"})
    address, hint = link(tmp_path)
    assert address == f"http://localhost:{collector.port}/insight"
    assert "public host and port" in hint and "COLLECTOR_URL" in hint


def test_request_headers_do_not_affect_the_link(serve, tmp_path):
    """Its sender would get the token of an owner who follows the link."""
    collector = serve()
    before = link(tmp_path)
    for fields in ([("Host", "evil.test")], [("X-Forwarded-Host", "evil.test"), ("X-Forwarded-Proto", "https")]):
        get(collector.port, "/insight", fields)
    assert link(tmp_path) == before


# Commands that only read create nothing


@pytest.mark.parametrize(
    "words, code",
    [
        (("verify",), 1), (("rebuild",), 1), (("link",), 1), (("demo", "--remove"), 1), (("backup", "file"), 1), (("migrate", "--list"), 0), (("migrate", "--plan"), 0),
        (("archive", "--to", "folder"), 1),
        (("--help",), 0), (("help", "demo"), 0), (("help", "--man"), 0), (("--version",), 0), (("completions", "bash"), 0),
    ],
)
def test_a_command_that_only_reads_creates_nothing(tmp_path, words, code):
    result = run(*words, folder=tmp_path)
    assert result.returncode == code, result
    if code:
        assert re.search(r"no (database|token) (at|in) \./data", result.stderr) and "--data" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("verify",), ("rebuild",), ("demo", "--remove")])
def test_a_database_without_our_tables_is_an_error_and_not_changed(store, words):
    if store.name == "sqlite":
        store.path.parent.mkdir()
        store.path.touch()
    result = run(*words, folder=store.folder, environment=store.environment)
    assert result.returncode == 1
    assert "run 'collector migrate'" in result.stderr
    tables = "select name from sqlite_master" if store.name == "sqlite" else "select relname as name from pg_stat_user_tables"
    assert store.rows(tables) == []


def test_commands_name_their_database_without_secrets(store):
    run("migrate", folder=store.folder, environment=store.environment)
    for words in (("migrate",), ("migrate", "--list"), ("migrate", "--plan"), ("verify",), ("rebuild",), ("demo", "--events", "10"), ("demo", "--remove")):
        result = run(*words, folder=store.folder, environment=store.environment)
        assert result.returncode == 0, result.stderr
        name = f"SQLite file {store.path}" if store.name == "sqlite" else f"PostgreSQL database {store.database} at 127.0.0.1:{store.cluster.port}"
        assert result.stderr.splitlines()[0] == f"Database: {name}"
        assert PASSWORD not in result.stdout + result.stderr


# Misspelled names


def test_a_misspelled_variable_is_named_in_the_log(serve, tmp_path):
    (tmp_path / ".env").write_text("COLLECTOR_RATELIMIT=5\n")
    collector = serve(environment={"COLLECTOR_TOKN": "hunter2-hunter2-hunter2"})
    assert "name=COLLECTOR_TOKN source=environment did_you_mean=COLLECTOR_TOKEN" in collector.log
    assert "name=COLLECTOR_RATELIMIT source=.env did_you_mean=COLLECTOR_RATE_LIMIT" in collector.log
    assert "hunter2" not in collector.log


def test_a_misspelled_variable_is_named_on_the_terminal(tmp_path, terminal):
    shown = terminal("serve", "--port", "0", folder=tmp_path, environment={"DBURL": "postgres://u:hunter2@h/d"})
    shown.wait_for("Press Ctrl")
    assert "Warning: unknown variable DBURL; did you mean DB_URL?" in shown.text
    assert "hunter2" not in shown.text
    result = run("migrate", folder=tmp_path, environment={"COLECTOR_DATA": "x"})
    assert "warning: unknown variable COLECTOR_DATA; did you mean COLLECTOR_DATA?" in result.stderr


def test_variables_of_the_test_harness_cause_no_warning(tmp_path):
    names = {name: "x" for name in os.environ if name.startswith("COLLECTOR_")} | {"COLLECTOR_BINARY": "x", "COLLECTOR_TEST_KILLS": "1"}
    assert "warning" not in run("migrate", folder=tmp_path, environment=names).stderr


@pytest.mark.parametrize(
    "words, meant",
    [(("migrat",), "migrate"), (("serve", "--prot", "1"), "--port"), (("demo", "--evnts=3"), "--events"), (("help", "lnk"), "link")],
)
def test_a_misspelled_word_is_a_usage_error_with_a_suggestion(tmp_path, words, meant):
    result = run(*words, folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"did you mean '{meant}'?" in result.stderr


# Errors that prevent a start


def test_a_port_in_use_is_an_error_with_advice(serve, tmp_path):
    collector = serve()
    other = tmp_path / "other"
    other.mkdir()
    result = run("serve", "--port", collector.port, folder=other)
    assert result.returncode == 1
    assert f"127.0.0.1:{collector.port}" in result.stderr and "--port" in result.stderr


def test_a_file_at_the_path_of_the_data_folder_is_an_error_with_advice(tmp_path):
    (tmp_path / "file").touch()
    for words in (("serve", "--port", "0"), ("demo",), ("migrate",)):
        result = run(*words, "--data", "file/data", folder=tmp_path)
        assert result.returncode == 1
        assert "COLLECTOR_DATA" in result.stderr, result.stderr


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_read_only_data_folder_is_an_error_with_advice(tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    result = run("serve", "--port", "0", folder=tmp_path)
    assert result.returncode == 1 and "COLLECTOR_DATA" in result.stderr


# Help, completions, manual page, install


def test_help_lists_every_command(tmp_path):
    text = run("--help", folder=tmp_path).stdout
    for command in COMMANDS:
        assert re.search(rf"^  {command} +[A-Z].+$", text, re.MULTILINE)
        for words in ((command, "--help"), ("help", command)):
            own = run(*words, folder=tmp_path)
            assert own.returncode == 0 and own.stdout.startswith(f"Usage: collector {command}")


def completed(script, line):
    """Completions that bash offers for a line."""
    words = line.split(" ")
    program = f"source {script}; COMP_WORDS=({' '.join(words)}); [ -n '{words[-1]}' ] || COMP_WORDS+=(''); COMP_CWORD={len(words) - 1}; _collector; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    return subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, timeout=COMMAND_SECONDS_MAX).stdout.split()


def test_bash_completes_commands_and_options(tmp_path):
    script = tmp_path / "collector.bash"
    script.write_text(run("completions", "bash", folder=tmp_path).stdout)
    assert completed(script, "collector reb") == ["rebuild"]
    assert set(completed(script, "collector ")) >= set(COMMANDS)
    assert completed(script, "collector demo --re") == ["--remove"]
    assert completed(script, "collector completions f") == ["fish"]
    assert completed(script, "collector help li") == ["link"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_accept_their_completion_scripts(tmp_path, shell):
    script = run("completions", shell, folder=tmp_path).stdout
    for command in COMMANDS:
        assert command in script
    if shutil.which(shell) is not None:
        path = tmp_path / "script"
        path.write_text(script)
        subprocess.run([shell, "-n", path], check=True, timeout=COMMAND_SECONDS_MAX)


def test_make_install_and_uninstall(tmp_path):
    def make(*words):
        command = ["make", "--no-print-directory", *words, f"BINARY={BINARY}", f"DESTDIR={tmp_path}", "PREFIX=/opt/collector"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=COMMAND_SECONDS_MAX)

    def files():
        return {str(path.relative_to(tmp_path / "opt/collector")) for path in tmp_path.rglob("*") if path.is_file()}

    make("install")
    assert files() == {
        "bin/collector", "share/man/man1/collector.1", "share/bash-completion/completions/collector",
        "share/zsh/site-functions/_collector", "share/fish/vendor_completions.d/collector.fish",
        "lib/systemd/system/collector.service",
    }
    installed = tmp_path / "opt/collector"
    assert os.access(installed / "bin/collector", os.X_OK)
    assert "ExecStart=/opt/collector/bin/collector serve" in (installed / "lib/systemd/system/collector.service").read_text()
    assert (installed / "share/man/man1/collector.1").read_text().startswith(".TH COLLECTOR 1")
    make("uninstall")
    assert files() == set()
