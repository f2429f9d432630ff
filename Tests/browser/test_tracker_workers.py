"""Errors before the tracker loads, and in workers."""

import base64
import hashlib
import pathlib
import re

import pytest

from tracked import visit  # noqa: F401

DOCS = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "tracker.md").read_text()
SNIPPET_BYTES_MAX = 300
(SNIPPET,) = re.findall(r"^<script>(.*collectorErrors.*)</script>$", DOCS, re.MULTILINE)
(HASH,) = re.findall(r"'(sha256-[A-Za-z0-9+/=]+)'", DOCS)


def payloads(visit, count):
    found = []

    def are_there(_):
        visit.flush()
        found[:] = [row["payload"] for row in visit.rows if row["event_type"] == "error"]
        return len(found) >= count

    visit.wait_for(are_there, f"{count} errors")
    return found


# The inline snippet


def test_the_documented_snippet_is_small_and_has_the_documented_hash():
    assert len(f"<script>{SNIPPET}</script>") <= SNIPPET_BYTES_MAX
    assert "sha256-" + base64.b64encode(hashlib.sha256(SNIPPET.encode()).digest()).decode() == HASH


def test_errors_before_the_tag_are_caught_under_a_strict_policy(visit):
    broken = '<link rel="stylesheet" href="/missing.css"><script src="/missing.js"></script><script src="/early.js"></script>'
    visit = visit(head=f"<script>{SNIPPET}</script>{broken}", body='<img src="/missing.png" alt="">')
    visit.shop.scripts["/early.js"] = (
        "setTimeout(() => { throw new RangeError('early'); }); Promise.reject(new TypeError('rejected early'));"
        "document.addEventListener('error', ({ target }) => { if (target.localName === 'img') target.src = '/hero.png'; }, true);"
        "document.head.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.1:9/blocked.png?secret=1' })); throw new Error('at once');"
    )
    visit.shop.headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src 'self' '{HASH}' {visit.collector.url}; connect-src {visit.network.url}; img-src 'self' data:; style-src 'self'"
    }
    visit.open("/one")
    # Not every engine reports the script that requested the blocked resource.
    found = {(error["kind"], error["message"], "" if error["kind"] == "csp" else error["source"].replace(visit.host, "")) for error in payloads(visit, 8)}
    assert {
        ("resource", "Failed to load link", "/missing.css"),
        ("resource", "Failed to load script", "/missing.js"),
        ("resource", "Failed to load img", "/missing.png"),
        ("error", "early", "/early.js"),
        ("error", "at once", "/early.js"),
        ("rejection", "rejected early", "/early.js"),
        ("csp", "Blocked http://127.0.0.1:9/blocked.png", ""),
        ("resource", "Failed to load img", "http://127.0.0.1:9/blocked.png"),
    } == found
    visit.engine.click("#throw")
    assert len(payloads(visit, 9)) == 9
    assert visit.engine.evaluate("() => collectorErrors.length") == 0


# Workers

WORKER = """
collector.configure({{ endpoint: "{endpoint}", requests: true, pageview: {{ visitor_id: "{visitor}", session_id: "s_1", pageview_id: "p_1", path: "/one" }} }});
const fail = () => {{ throw new RangeError("thrown in a worker"); }};
setTimeout(fail);
Promise.reject(new TypeError("rejected in a worker"));
fetch("/missing.json");
collector.track("computed", {{ items: 3 }});
collector.track("odd", {{ big: 10n }});
setTimeout(() => collector.flush(), 100);
"""
VISITOR = "v_" + "0" * 32


def check_worker(visit, name, script):
    rows, reports = [], []

    def are_there(_):
        rows[:] = [row for row in visit.rows if row["payload"].get("worker") == name]
        if len(rows) < 4:
            return False
        reports[:] = visit.store.rows(f"select emitted, dropped, lost from pageview_delivery where pageview_id = '{rows[0]['pageview_id']}'")
        return [(report["emitted"], report["dropped"], report["lost"]) for report in reports] == [(5, 1, 0)]

    visit.wait_for(are_there, lambda: f"events of the worker; its reports are {reports}", 30)
    assert {(row["visitor_id"], row["path"], row["payload"]["page"]) for row in rows} == {(VISITOR, "/one", "p_1")}
    assert len({row["pageview_id"] for row in rows}) == 1 and rows[0]["pageview_id"] != "p_1"
    found = {row["payload"].get("kind"): row["payload"] for row in rows}
    assert set(found) == {"error", "rejection", "request", None}
    assert (found["error"]["name"], found["error"]["message"], found["error"]["source"]) == ("RangeError", "thrown in a worker", visit.host + script)
    assert found["error"]["frames"][0]["function"] == "fail"
    assert (found["request"]["name"], found["request"]["source"]) == ("HTTP 404", visit.host + "/missing.json")
    assert found[None]["items"] == 3


def test_a_module_worker_reports_errors_and_events(visit):
    visit = visit()
    visit.shop.scripts["/worker.js"] = f'import collector from "{visit.collector.url}/collector-worker.mjs";' + WORKER.format(endpoint=visit.network.url + "/events", visitor=VISITOR)
    visit.open("/one")
    visit.engine.evaluate("() => { self.worker = new Worker('/worker.js', { type: 'module' }); }")
    check_worker(visit, "dedicated", "/worker.js")


def test_a_classic_worker_reports_errors_and_events(visit):
    visit = visit()
    visit.shop.scripts["/worker.js"] = f'importScripts("{visit.collector.url}/collector-worker.js");' + WORKER.format(endpoint=visit.network.url + "/events", visitor=VISITOR)
    visit.open("/one")
    visit.engine.evaluate("() => { self.worker = new Worker('/worker.js'); }")
    check_worker(visit, "dedicated", "/worker.js")


@pytest.mark.parametrize("kind", ["classic", "module"])
def test_a_service_worker_reports_errors_and_events(visit, kind):
    visit = visit()
    if visit.engine.name != "chromium":
        pytest.skip("the drivers of the other engines keep service workers from starting")
    script = f'import collector from "{visit.collector.url}/collector-worker.mjs";' if kind == "module" else f'importScripts("{visit.collector.url}/collector-worker.js");'
    visit.shop.scripts["/service.js"] = script + WORKER.format(endpoint=visit.network.url + "/events", visitor=VISITOR)
    visit.open("/one")
    visit.engine.evaluate(f"() => navigator.serviceWorker.register('/service.js', {{ type: '{kind}' }}).then(() => navigator.serviceWorker.ready).then(() => 1)")
    check_worker(visit, "service", "/service.js")


def test_a_worker_without_consent_sends_nothing(visit):
    visit = visit()
    visit.shop.scripts["/worker.js"] = (
        f'import collector from "{visit.collector.url}/collector-worker.mjs"; collector.configure({{ endpoint: "{visit.network.url}/events", consent: "required" }});'
        "collector.track('held'); onmessage = async ({ data }) => { if (data) collector.consent(true); postMessage(await collector.flush()); };"
    )
    visit.open("/one")
    ask = "(value) => new Promise((resolve) => { self.worker ??= new Worker('/worker.js', { type: 'module' }); worker.onmessage = ({ data }) => resolve(data); worker.postMessage(value); })"
    assert visit.engine.evaluate(f"() => ({ask})(0)") is False
    assert "held" not in visit.kinds()
    assert visit.engine.evaluate(f"() => ({ask})(1)") is True
    assert "held" in visit.kinds()
