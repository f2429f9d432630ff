"""console.error, fetch and XMLHttpRequest behave as before while the tracker wraps them."""

from tracked import KEEP, errors, visit, wait_for_wrappers  # noqa: F401


def test_a_value_that_logs_when_read_is_reported_once(visit):
    visit = visit(head=KEEP, attributes="data-console")
    visit.open("/one")
    wait_for_wrappers(visit)
    # Consoles of other engines read what they are given themselves, so that there the page must come to an end.
    is_chromium = visit.engine.name == "chromium"
    calls = visit.engine.evaluate(
        f"""() => {{
            let calls = 0;
            const write = () => {{ if (calls++ < {"Infinity" if is_chromium else 5}) console.error(value); return "read"; }};
            const value = {{ toString: write, get message() {{ return write(); }} }};
            console.error(value);
            return calls;
        }}"""
    )
    assert calls <= 20
    errors(visit)
    visit.go("/two")
    visit.flush()
    view = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete, "a first view")[0]
    found = [row["payload"] for row in view.of("error")]
    assert len({error["key"] for error in found}) == 1
    count = sum(error["count"] for error in found)
    assert count == 1 if is_chromium else 1 <= count <= 6


def test_the_console_keeps_its_receiver_name_and_arguments(visit):
    spy = "<script>{ const original = console.error; self.written = []; console.error = function error(...values) { written.push([this === console, values.length]); return 7; }; console.error.own = 1; }</script>"
    visit = visit(head=spy + KEEP, attributes="data-console")
    visit.open("/one")
    wait_for_wrappers(visit)
    kept = visit.engine.evaluate("() => [console.error('failed %s', 'here'), console.error.apply(console, ['a', 'b', 'c']), console.error.name, console.error.length, console.error.own]")
    assert kept == [7, 7, "error", 0, 1]
    assert visit.engine.evaluate("() => written") == [[True, 2], [True, 3]]
    assert [error["message"] for error in errors(visit, 2)] == ["failed here", "a b c"]


REQUESTS = """<base href="/missing-base/"><script>
const send = (request, address) => new Promise((resolve) => {
  request.onloadend = () => setTimeout(resolve);
  request.open("GET", address);
  request.send();
});
const again = async () => { const request = new XMLHttpRequest(); for (let count = 0; count < 4; count++) await send(request, "missing.json?secret=" + count); };
const reopened = () => new Promise((resolve) => {
  const request = new XMLHttpRequest();
  let count = 0;
  request.onload = () => { if (++count < 3) { request.open("GET", "/missing-again.json"); request.send(); } else resolve(); };
  request.open("GET", "/missing-again.json");
  request.send();
});
</script>"""


def check_requests(visit, expected):
    """How often each request failed, by name and address."""
    counts = {}

    def are_equal(views):
        visit.flush()
        counts.clear()
        for error in [row["payload"] for view in views for row in view.of("error") if row["payload"]["kind"] == "request"]:
            key = error["name"], error["message"].replace(visit.host, "")
            counts[key] = counts.get(key, 0) + error["count"]
        return counts == expected

    try:
        visit.wait_for(are_equal, "the requests that failed", 10)
    finally:
        assert counts == expected


def open_with_requests(visit, head=""):
    visit = visit(attributes="data-requests", head=head + KEEP)
    visit.open("/one")
    wait_for_wrappers(visit)
    return visit


def test_each_failure_of_a_reused_request_counts_once(visit):
    visit = open_with_requests(visit, head=REQUESTS)
    visit.engine.evaluate("() => again()")
    visit.engine.evaluate("() => reopened()")
    visit.go("/two")
    check_requests(visit, {("HTTP 404", "GET /missing-base/missing.json"): 4, ("HTTP 404", "GET /missing-again.json"): 3})


def test_relative_addresses_resolve_and_aborted_requests_are_not_errors(visit):
    visit = open_with_requests(visit, head=REQUESTS)
    visit.engine.evaluate(
        """async () => {
            const abort = new AbortController();
            const aborted = fetch("/missing-aborted.json", { signal: abort.signal });
            abort.abort(new Error("a reason of one's own"));
            const before = fetch(new Request("/missing-aborted.json", { signal: abort.signal }));
            const request = new XMLHttpRequest();
            request.open("GET", "/missing-aborted.json");
            request.send();
            request.abort();
            await Promise.allSettled([aborted, before]);
            await fetch("missing-one.json", { method: "post" });
            await fetch(new URL("missing-two.json", document.baseURI));
            await fetch(new Request("missing-three.json", { method: "PUT" }));
            await fetch("http://[").catch(() => {});
            await fetch("/one");
        }"""
    )
    check_requests(
        visit,
        {
            ("HTTP 501", "POST /missing-base/missing-one.json"): 1,
            ("HTTP 404", "GET /missing-base/missing-two.json"): 1,
            ("HTTP 501", "PUT /missing-base/missing-three.json"): 1,
            ("NetworkError", "GET http://["): 1,
        },
    )


def test_an_unhandled_rejection_of_fetch_stays_unhandled_and_a_handled_one_handled(visit):
    visit = open_with_requests(visit)
    visit.engine.evaluate("() => { fetch('http://127.0.0.1:9/handled').catch(() => {}); }")
    visit.engine.evaluate("() => { self.unhandled = 0; addEventListener('unhandledrejection', () => self.unhandled++); fetch('http://127.0.0.1:9/unhandled'); }")
    found = errors(visit, 3)
    assert sorted(error["kind"] for error in found) == ["rejection", "request", "request"]
    assert visit.engine.evaluate("() => self.unhandled") == 1
    (rejection,) = [error for error in found if error["kind"] == "rejection"]
    assert not any("/collector" in frame["file"] for frame in rejection["frames"])


def test_a_custom_fetch_keeps_its_identity_and_result(visit):
    other = """<script>{
        const kept = Promise.resolve(new Response("", { status: 500 }));
        self.fetch = function own(input, options, third) {
            if (input === "kept") return kept;
            return [this === self || this === undefined, arguments.length, third, input];
        };
        self.fetch.own = 1;
    }</script>"""
    visit = visit(head=other + KEEP, attributes="data-requests")
    visit.open("/one")
    wait_for_wrappers(visit)
    assert visit.engine.evaluate("() => [fetch.name, fetch.length, fetch.own, /native code/.test(fetch)]") == ["own", 3, 1, True]
    assert visit.engine.evaluate("() => fetch('a', {}, 3)") == [True, 3, 3, "a"]
    assert visit.engine.evaluate("() => fetch('kept') === fetch('kept')") is True
    assert visit.engine.evaluate("() => [XMLHttpRequest.prototype.open.name, XMLHttpRequest.prototype.open.length, Object.keys(fetch).join()]") == ["open", 2, "own"]


def test_tracker_requests_are_not_counted(visit):
    visit = open_with_requests(visit)
    visit.network.decide = lambda body: "cut"
    assert visit.engine.evaluate("() => { collector.track('x'); return collector.flush(); }") is False
    visit.network.decide = lambda body: "pass"
    assert visit.engine.evaluate("() => { collector.error('after'); return collector.flush(); }") is True
    assert [error["kind"] for error in errors(visit)] == ["handled"]
