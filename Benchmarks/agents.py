#!/usr/bin/env python3
"""Measures how many user agents of other projects' collections the release binary classifies as bots: bots and browsers.

The collections are test data of other projects, downloaded by checksum and only used here. We looked at most of them while writing our rules,
but not at the bots that only Matomo's collection has.
"""

import http.client
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "Tests" / "browser")]

from program import Collector

SOURCES = {
    "device-detector==6.5.1": "610ed34b173b96ee91aa38165084695bbf76f6a5bd76bbb4fd777f7af1ff4170",
    "crawlerdetect==0.4.2": "2ecbc825ec9bbfe94d1878078fbc3d336ed4b247a00dd56691479554ca3cb2ef",
    "is-crawler==1.5.25": "d0f5254cfe9debea88285a392952810987785dbfed4a9748a6366df6263feb11",
}
MATOMO = "device_detector-6.5.1/device_detector/tests/fixtures/upstream"
# Use every fifth user agent of this file.
DEVICES_STEP = 5


def download(folder):
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{name} --hash=sha256:{digest}\n" for name, digest in SOURCES.items()))
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "--require-hashes"]
        + ["--dest", str(folder), "--requirement", str(requirements)],
        check=True,
    )
    for archive in folder.glob("*.tar.gz"):
        subprocess.run(["tar", "--extract", "--file", str(archive), "--directory", str(folder)], check=True)


def matomo(path):
    """Pairs of a user agent and its client type, from a file of fixtures; multi-line values are skipped."""
    for entry in re.split(r"^-\s*$", path.read_text(encoding="utf-8"), flags=re.M):
        agent = re.search(r"^\s+user_agent: (.+)$", entry, re.M)
        client = re.search(r"^\s+client:\s*\n\s+type: (.+)$", entry, re.M)
        if agent:
            text = agent[1].strip()
            yield (json.loads(text) if text.startswith('"') else text.strip("'")), client and client[1]


def lines(path):
    return [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]


def collections(folder):
    """Yields collections: name, whether they are bots, user agents."""
    crawlers = json.loads((ROOT / ".tools" / "third-party" / "crawler-user-agents.json").read_text())
    listed = [agent for crawler in crawlers for agent in crawler["instances"]]
    bots = [agent for agent, _ in matomo(folder / MATOMO / "bots.yml")]
    detect = folder / "crawlerdetect-0.4.2" / "tests" / "fixtures" / "user_agent"
    others = folder / "is_crawler-1.5.25" / "tests" / "fixtures"
    known = lines(detect / "crawlers.txt") + lines(others / "loadkpi_crawlers.txt")
    patterns = re.compile("|".join(f"(?:{crawler['pattern']})" for crawler in crawlers))
    yield "bots: crawler-user-agents, its own samples", True, listed
    yield "bots: Matomo", True, bots
    yield "bots: Matomo, in no other collection", True, sorted(set(bots) - set(known) - set(listed))
    yield "bots: Matomo, not listed by crawler-user-agents", True, [agent for agent in bots if not patterns.search(agent)]
    yield "bots: Crawler-Detect", True, lines(detect / "crawlers.txt")
    yield "bots: Crawler-Detect, not listed by crawler-user-agents", True, [agent for agent in lines(detect / "crawlers.txt") if not patterns.search(agent)]
    browsers = []
    for path in sorted((folder / MATOMO).glob("*.yml")):
        if path.stem != "bots":
            browsers += [agent for agent, client in matomo(path) if client == "browser"]
    yield "browsers: Matomo, phones, televisions and consoles among them", False, browsers
    yield "browsers: Crawler-Detect", False, lines(detect / "devices.txt")[::DEVICES_STEP]
    yield "browsers: is-crawler", False, lines(others / "browser_user_agents.txt")


def classify(connection, agent):
    connection.putrequest("GET", "/agent", skip_accept_encoding=True)
    connection.putheader("User-Agent", agent.encode("utf-8", errors="replace"))
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    return json.loads(body) if response.status == 200 else None


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        download(folder)
        data = folder / "data"
        data.mkdir()
        collector = Collector(data)
        connection = http.client.HTTPConnection("127.0.0.1", collector.port)
        try:
            start, count = time.monotonic(), 0
            for title, are_bots, agents in collections(folder):
                found = [classify(connection, agent) for agent in agents if "\n" not in agent]
                found = [agent for agent in found if agent]
                count += len(found)
                bots = sum(bool(agent["bot_reasons"]) for agent in found)
                print(f"{title}: {bots:,} of {len(found):,} are bots, {100 * bots / len(found):.2f} % ({'more' if are_bots else 'fewer'} is better)")
            print(f"{(time.monotonic() - start) / count * 1e6:.0f} µs per request, {collector.resident_kilobytes() / 1024:.1f} MiB resident after {count:,}")
        finally:
            connection.close()
            collector.stop()


if __name__ == "__main__":
    main()
