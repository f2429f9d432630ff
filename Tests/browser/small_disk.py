"""A folder on a disk of a given size."""

import os
import shutil
import subprocess

import pytest

from program import clean_environment
from waits import COMMAND_SECONDS_MAX


def run_on_disk(folder, kilobytes, script):
    """Runs a shell script while an empty folder is a disk of that size: a file system in a namespace of mounts that ends with the script."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("needs root and unshare")
    folder.mkdir()
    command = f'mount -t tmpfs -o size={kilobytes}k tmpfs "{folder}" && {{ {script}\n}}'
    result = subprocess.run(["unshare", "--mount", "sh", "-c", command], env=clean_environment(), capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
    if "permission denied" in result.stderr.lower() or "not permitted" in result.stderr.lower():
        pytest.skip("no right to mount")
    return result
