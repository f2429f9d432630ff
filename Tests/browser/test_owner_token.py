"""The file with the owner's token: created once, readable by its owner only, and rejected with a message if invalid."""

import os
import stat
import time

import pytest

from program import run

TOKEN = "a-token-of-the-tests-0123456789"


def data(folder, text=None, mode=0o600):
    (folder / "data").mkdir(mode=0o700)
    path = folder / "data" / "token"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    return path


def refused(folder, *words, commands=("serve", "link")):
    for command in commands:
        result = run(command, *(["--port", "0"] if command == "serve" else []), folder=folder)
        assert result.returncode == 1
        for word in ("token", *words):
            assert word in result.stderr, (word, result.stderr)
        assert TOKEN not in result.stdout + result.stderr


@pytest.mark.parametrize("text", ["", "\n", " \n\t"])
def test_an_empty_token_file_is_refused(tmp_path, text):
    data(tmp_path, text)
    refused(tmp_path, "is empty")


@pytest.mark.parametrize("text", ["short", "x" * 257, "caf\u00e9 " * 8])
def test_a_file_without_a_token_is_refused(tmp_path, text):
    data(tmp_path, text)
    refused(tmp_path, "16 to 256")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o666])
def test_a_token_file_accessible_to_others_is_refused_with_the_fix(tmp_path, mode):
    data(tmp_path, TOKEN, mode)
    refused(tmp_path, "chmod 600", f"mode {mode:o}")


def test_a_token_that_is_not_a_regular_file_is_refused_without_blocking(tmp_path):
    path = data(tmp_path)
    begin = time.monotonic()
    path.mkdir()
    refused(tmp_path, "not a regular file")
    path.rmdir()
    os.mkfifo(path, 0o600)
    refused(tmp_path, "not a regular file")
    path.unlink()
    path.symlink_to("/dev/zero")
    refused(tmp_path, "not a regular file")
    assert time.monotonic() - begin < 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_refused_unless_the_folder_is_theirs_too(tmp_path):
    path = data(tmp_path, TOKEN)
    os.chown(path, 12345, 12345)
    refused(tmp_path, "is owned by another user", "chown")
    os.chown(path.parent, 12345, 12345)
    assert TOKEN in run("link", folder=tmp_path).stdout


def test_the_token_file_determines_the_token(tmp_path):
    data(tmp_path, TOKEN + "\n", 0o400)
    assert TOKEN in run("link", folder=tmp_path).stdout


@pytest.mark.empty_store
def test_the_token_file_is_created_atomically_and_once(sqlite, serve):
    path = sqlite.folder / "data" / "token"
    serve(sqlite).stop()
    made = path.read_text()
    assert len(made.strip()) == 64 and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir() if file.name.startswith("token")] == ["token"]
    serve(sqlite).stop()
    assert path.read_text() == made
