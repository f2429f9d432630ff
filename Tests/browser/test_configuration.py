"""Configuration by the command line, the environment and `.env`."""

import os
import subprocess
import threading

import pytest

from program import BINARY, run
from waits import END_SECONDS_MAX, STOP_SECONDS_MAX
from wire import get

COMMANDS = ("serve", "migrate")


def test_help_and_version(tmp_path):
    text = run("--help", folder=tmp_path)
    assert text.returncode == 0 and text.stderr == ""
    for word in (*COMMANDS, "DB_URL", "COLLECTOR_TOKEN", "EVENT_IP_HASH_SALT"):
        assert word in text.stdout
    version = run("--version", folder=tmp_path)
    assert version.returncode == 0 and version.stdout.startswith("collector ")
    serve = run("serve", "--help", folder=tmp_path)
    for word in ("--host", "--port", "--url", "--data", "--skip-db"):
        assert word in serve.stdout
    assert "--list" in run("migrate", "--help", folder=tmp_path).stdout
    assert not list(tmp_path.iterdir()), "help touches nothing"


@pytest.mark.parametrize(
    "words",
    [(), ("fly",), ("serve", "--fast"), ("serve", "extra"), ("serve", "--port"), ("migrate", "--port", "1"), ("migrate", "--skip-db"), ("--fast",), ("serve", "--list")],
)
def test_an_unknown_argument_is_a_usage_error(tmp_path, words):
    result = run(*words, folder=tmp_path)
    assert result.returncode == 2
    assert "--help" in result.stderr and result.stdout == ""
    assert not list(tmp_path.iterdir())


WRONG = {
    "DB_URL": "mysql://user:secret-of-db@db-host/x",
    "COLLECTOR_EVENTS_ENABLED": "perhaps-secret",
    "HOST": "not a secret host",
    "PORT": "70000",
    "COLLECTOR_TRUSTED_PROXIES": "10.0.0.0/8, secret-proxy",
    "COLLECTOR_CLIENT_ADDRESS_HEADER": "secret header",
    "COLLECTOR_GEO_HEADERS": "secret-service",
    "COLLECTOR_BASE_PATH": "no-secret-slash",
    "COLLECTOR_URL": "https://secret:secret@stats.example.com",
    "COLLECTOR_ALLOWED_ORIGINS": "ftp://secret.example",
    "COLLECTOR_TOKEN": "short-secret",
    "COLLECTOR_LOG_LEVEL": "secret-loud",
    "COLLECTOR_LOG_FORMAT": "secret-xml",
}


@pytest.mark.parametrize("name", WRONG)
def test_an_invalid_value_stops_startup(tmp_path, name):
    result = run("serve", folder=tmp_path, environment={name: WRONG[name]})
    assert result.returncode == 1
    assert name in result.stderr
    assert WRONG[name] not in result.stdout + result.stderr


def test_all_configuration_problems_are_reported_at_once(tmp_path):
    (tmp_path / ".env").write_text("COLLECTOR_DATA=ok\nthis line has no equals sign and a secret\n")
    result = run("serve", folder=tmp_path, environment=WRONG)
    assert result.returncode == 1
    for name in WRONG:
        assert name in result.stderr
    assert ".env line 2" in result.stderr
    assert "secret" not in result.stdout + result.stderr
    assert "db-host" not in result.stdout + result.stderr


@pytest.mark.parametrize("value", ["-1", "65536", "http", "5000x", "5 000"])
def test_invalid_ports_are_rejected(tmp_path, value):
    for arguments, environment in ((("--port", value), {}), ((), {"PORT": value})):
        result = run("serve", *arguments, folder=tmp_path, environment=environment)
        assert (result.returncode, "PORT" in result.stderr.upper()) == (1, True)


# Flags win over the environment, the environment over .env, .env over defaults.


def data_folder_of(serve, tmp_path, environment, dot_env, *flags):
    """Which data folder the program uses with these settings."""
    if dot_env is not None:
        (tmp_path / ".env").write_text(dot_env)
    process = subprocess.Popen(
        [BINARY, "serve", "--port", "0", *flags],
        cwd=tmp_path, env={"PATH": "/usr/bin", **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    try:
        for line in process.stdout:
            if "Listening on" in line:
                break
    finally:
        process.terminate()
        process.wait(STOP_SECONDS_MAX)
    return sorted(path.parent.name for path in tmp_path.rglob("token"))


def test_options_override_the_environment_and_dot_env(serve, tmp_path):
    folder = data_folder_of
    (one, two, three, four) = (tmp_path / name for name in "abcd")
    for path in (one, two, three, four):
        path.mkdir()
    dot_env = "COLLECTOR_DATA=from-file\n"
    assert folder(serve, one, {}, None) == ["data"]
    assert folder(serve, two, {}, dot_env) == ["from-file"]
    assert folder(serve, three, {"COLLECTOR_DATA": "from-environment"}, dot_env) == ["from-environment"]
    assert folder(serve, four, {"COLLECTOR_DATA": "from-environment"}, dot_env, "--data", "from-flag") == ["from-flag"]


def test_dot_env_accepts_common_notation(serve, tmp_path):
    (tmp_path / ".env").write_text(
        "# a comment\n\n"
        "export COLLECTOR_EVENTS_ENABLED = 'off'   # turned off\n"
        'COLLECTOR_BASE_PATH="/app"\r\n'
        "COLLECTOR_LOG_FORMAT=json # for the aggregator\n"
        "SOMETHING_OF_OTHERS=ignored\n"
    )
    collector = serve()
    assert collector.lines[0].startswith("{")
    assert 'data-events="off"' in get(collector.port, "/app/").body.decode()


def test_an_unreadable_dot_env_stops_startup(tmp_path):
    (tmp_path / ".env").mkdir()
    result = run("serve", folder=tmp_path)
    assert result.returncode == 1
    assert ".env" in result.stderr


def test_dot_env_can_be_a_named_pipe(tmp_path):
    """Some secret managers mount it as one."""
    os.mkfifo(tmp_path / ".env")
    writer = threading.Thread(target=(tmp_path / ".env").write_text, args=("PORT=none\n",), daemon=True)
    writer.start()
    result = run("serve", folder=tmp_path)
    writer.join(END_SECONDS_MAX)
    assert result.returncode == 1 and "PORT must be a number" in result.stderr


def test_host_and_port_are_taken_from_the_environment(serve, tmp_path):
    from postgres import free_port

    port = free_port()
    process = subprocess.Popen(
        [BINARY, "serve"], cwd=tmp_path, env={"HOST": "127.0.0.2", "PORT": str(port)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for line in process.stdout:
            if "Listening on" in line:
                assert f"http://127.0.0.2:{port}" in line
                break
        assert get(port, "/ping", address="127.0.0.2").status == 200
    finally:
        process.terminate()
        process.wait(STOP_SECONDS_MAX)
