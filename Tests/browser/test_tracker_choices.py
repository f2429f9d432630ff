"""Tracker settings of a site, choices of a visitor, and how the tracker behaves on third-party pages."""

import datetime

import pytest

from test_dashboard import DELAY_SECONDS_MAX
from tracked import visit  # noqa: F401


def storage(engine):
    return engine.evaluate("() => Object.keys(localStorage)")


def test_nothing_is_stored_or_sent_before_consent_and_everything_after(visit):
    visit = visit(attributes='data-consent="required" data-fingerprint')
    visit.open("/one")
    visit.engine.evaluate("() => collector.track('early', { a: 1 })")
    assert visit.flush() is False
    assert storage(visit.engine) == [] and visit.network.bodies == []
    visit.engine.evaluate("() => collector.consent(true)")
    assert visit.flush() is True
    assert {"pageview", "early"} <= set(visit.kinds())
    assert any(key.startswith("collector.") for key in storage(visit.engine))
    visit.engine.evaluate("() => { collector.consent(false); collector.track('late'); }")
    visit.flush()
    assert "late" not in visit.kinds() and not any(key.startswith("collector.queue") or key == "collector.ids" for key in storage(visit.engine))


def test_withdrawing_consent_discards_pending_work(visit):
    # The fingerprint waits for an answer that comes when the page says so.
    slow = "window.waiting = []; Permissions.prototype.query = () => new Promise((resolve) => window.waiting.push(resolve));"
    visit = visit(head=f"<script>{slow}</script>", attributes='data-consent="required" data-fingerprint')
    visit.open("/one")
    visit.engine.evaluate("() => collector.consent(true)")
    visit.wait_for(lambda _: visit.engine.evaluate("() => window.waiting.length > 0"), "a fingerprint under way")
    visit.flush()
    visit.engine.evaluate("() => collector.consent(false)")
    # Responses are sent in order.
    visit.engine.evaluate(
        """async () => {
            Permissions.prototype.query = () => Promise.resolve({ state: "denied" });
            for (const resolve of window.waiting) resolve({ state: "denied" });
            const source = document.querySelector("script[src$='collector.js']").src;
            await (await import(source.replace(".js", "-fingerprint.js"))).fingerprint();
            await new Promise((resolve) => setTimeout(resolve));
        }"""
    )
    assert not any(key.startswith("collector.") for key in storage(visit.engine))
    assert "fingerprint_ready" not in visit.kinds()


def test_leaving_without_consent_stores_and_sends_nothing(visit):
    visit = visit(attributes='data-consent="required"')
    visit.open("/one")
    visit.go("/two")
    assert storage(visit.engine) == [] and visit.network.bodies == []


def test_an_opted_out_visitor_is_not_measured_until_opting_in(visit):
    visit = visit()
    visit.open("/one")
    visit.flush()
    visit.engine.evaluate("() => collector.optOut()")
    before = len(visit.rows)
    visit.engine.leave(visit.host + "/two")
    visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 300))")
    assert visit.engine.evaluate("() => collector.id ?? null") is None
    visit.engine.evaluate("() => { collector.track('no'); return collector.flush(); }")
    assert len(visit.rows) == before and storage(visit.engine) == ["collector.opt_out"]
    visit.engine.evaluate("() => collector.optOut(false)")
    visit.go("/three")
    visit.flush()
    assert len(visit.views) == 2


def check_is_measured(visit, is_measured):
    if is_measured:
        visit.wait_for(lambda views: (visit.flush() or True) and views, "a page view")
        return
    visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 500))")
    visit.flush()
    assert visit.rows == []


@pytest.mark.parametrize("wish", ["Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })", "Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' })"])
@pytest.mark.parametrize("ignored", [False, True])
def test_privacy_signals_are_honored_unless_the_site_ignores_them(visit, wish, ignored):
    visit = visit(head=f"<script>{wish}</script>", attributes='data-dnt="ignore"' if ignored else "")
    visit.engine.open(visit.host + "/one")
    check_is_measured(visit, ignored)
    if not ignored:
        assert storage(visit.engine) == [] and visit.network.bodies == []


@pytest.mark.parametrize(("sample", "is_measured"), [("0", False), ("1", True)])
def test_the_sample_rate_limits_the_measured_visitors(visit, sample, is_measured):
    visit = visit(attributes=f'data-sample="{sample}"')
    visit.engine.open(visit.host + "/one")
    check_is_measured(visit, is_measured)


def test_a_visitor_is_sampled_once_and_not_on_each_page(visit):
    visit = visit(attributes='data-sample="0.5"')
    chosen = []
    for number in range(6):
        (visit.engine.open if number == 0 else visit.engine.leave)(visit.host + f"/{number}")
        visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 200))")
        visit.flush()
        chosen.append(visit.engine.evaluate("() => collector.id !== undefined"))
    assert len(set(chosen)) == 1
    assert visit.engine.evaluate("() => Object.keys(localStorage).includes('collector.ids')")
    assert len(visit.views) == (6 if chosen[0] else 0)


def test_the_page_can_track_events_and_identify_the_visitor(visit):
    visit = visit(attributes='data-site="The shop" data-release="1.2" data-user=\'{"plan":"pro"}\'')
    visit.open("/one")
    visit.engine.evaluate("() => { collector.track('bought', { price: 3.5 }); collector.track(7); collector.identify('c_7', { plan: 'gold' }); }")
    visit.engine.click("#push")
    visit.flush()
    first, route = visit.views
    assert {row["site"] for row in visit.rows} == {"The shop"}
    assert first.one("bought") == {"price": 3.5} and first.of("7")
    assert first.one("identify") == {"plan": "gold", "id": "c_7"}
    assert first.one("pageview")["user"] == {"plan": "pro"} and first.one("pageview")["release"] == "1.2"
    assert route.one("pageview")["user"] == {"plan": "gold", "id": "c_7"}


def test_calls_queued_before_the_script_loads_are_executed(visit):
    stub = (
        "self.collector = { q: [] }; for (const name of ['track', 'identify', 'configure']) self.collector[name] = (...values) => self.collector.q.push([name, ...values]);"
        "collector.configure({ release: '2.0' }); collector.track('early', { a: 1 });"
    )
    visit = visit(head=f"<script>{stub}</script>")
    visit.open("/one")
    visit.flush()
    (view,) = visit.views
    assert view.one("early") == {"a": 1} and view.one("pageview")["release"] == "2.0"
    assert view.has_no_hole and view.of("pageview")[0]["seq"] == 1


def test_it_can_be_imported_as_a_module(visit):
    visit = visit(form="module")
    visit.shop.module = f"collector.configure({{ endpoint: '{visit.network.url}/events' }});"
    visit.open("/one")
    visit.flush()
    assert visit.network.bodies
    assert {"pageview", "imported"} <= set(visit.kinds())


def test_a_module_can_be_configured_before_it_starts(visit):
    visit = visit(form="module")
    visit.shop.module = "collector.configure({ consent: 'required', release: '3.0' });"
    visit.open("/one")
    visit.flush()
    assert storage(visit.engine) == [] and visit.rows == []
    visit.engine.evaluate("() => collector.consent(true)")
    assert visit.flush() is True
    (view,) = visit.views
    assert view.one("pageview")["release"] == "3.0" and view.of("imported")


def test_unstorable_text_and_values_without_json_are_sent_safely(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate(
        "() => { const circle = {}; circle.circle = circle; collector.track('circle', circle); collector.track('big', { n: 10n ** 20n });"
        " collector.track('odd', { text: 'a\\u0000b\\ud800c\\\\u0000d 😀', nested: JSON.parse('['.repeat(80) + ']'.repeat(80)) });"
        " collector.track('text', { text: 'a\\u0000b\\ud800c\\\\u0000d 😀' }); collector.track('fine', { a: 1 }); }"
    )
    assert visit.flush() is True
    visit.flush()
    (view,) = visit.views
    assert view.one("fine") == {"a": 1}
    assert view.one("text")["text"] == "a\ufffdb\ufffdc\\u0000d 😀"
    assert view.one("big") == {"n": "100000000000000000000"}
    assert not view.of("circle") and not view.of("odd")
    (row,) = visit.store.rows("select drop_reasons, lost from pageview_delivery join delivery_reports using (pageview_id)")
    assert visit.store.json(row["drop_reasons"]) == {"unserializable": 1, "rejected": 1} and row["lost"] == 0


def test_a_wrong_client_clock_is_corrected(visit):
# A proxy looks like the browser's own; a class of the page would be passed over.
    skew = "self.Date = new Proxy(Date, { construct: (Real, values) => values.length ? new Real(...values) : new Real(Real.now() + 7200000) });"
    visit = visit(head=f"<script>{skew}</script>")
    visit.open("/one")
    visit.flush()

    def moment(text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))

    for row in visit.rows:
        said, corrected, received = moment(row["client_timestamp_original"]), moment(row["client_timestamp"]), moment(row["received_at"])
        assert 7000 < (said - received).total_seconds() < 7400
        assert abs((corrected - received).total_seconds()) < DELAY_SECONDS_MAX


HOSTILE = [
    "Object.defineProperty(self, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } })",
    "self.PerformanceObserver = class { constructor() { throw new Error('no'); } static supportedEntryTypes = ['event', 'paint'] }",
    "delete Navigator.prototype.sendBeacon",
    "delete self.PerformanceObserver; delete self.ReportingObserver; delete self.navigation",
    "Object.freeze(history); Object.freeze(Object.getPrototypeOf(history))",
    "self.matchMedia = undefined",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_page_with_replaced_built_ins_is_not_harmed(visit, hostile):
    visit = visit(head=f"<script>{hostile}</script>")
    visit.engine.open(visit.host + "/one")
    visit.engine.evaluate("() => { self.broken = []; addEventListener('error', (event) => self.broken.push(event.message)); }")
    visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 400))")
    visit.engine.click("#push")
    visit.engine.evaluate("() => { collector.track('x', {}); collector.error('y'); return collector.flush(); }")
    assert visit.engine.evaluate("() => self.broken") == []
    assert [error for error in visit.engine.errors() if "127.0.0.1:9" not in error] == []
    if "matchMedia" not in hostile:
        assert "pageview" in visit.kinds()


def test_a_strict_policy_with_trusted_types_blocks_nothing(visit):
    visit = visit(attributes="data-fingerprint")
    collector, network = visit.collector.url, visit.network.url
    visit.shop.headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src 'self' {collector}; connect-src {network}; img-src 'self' data:; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    }
    visit.open("/one")
    visit.wait_for(lambda views: (visit.flush() or True) and views and views[0].of("fingerprint_ready") and views[0].of("resources"), "the parts that are loaded apart", 40)
    visit.go("/two")
    visit.flush()
    view = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete, "a complete first view")[0]
    assert [row["payload"] for row in view.of("error")] == []
    assert visit.engine.errors() == []


def test_a_frame_without_an_origin_is_measured_without_storage(visit):
    visit = visit(attributes='data-frames="count"')
    visit.shop.body = '<iframe sandbox="allow-scripts" src="/framed" width="400" height="300"></iframe>'
    visit.open("/one")
    visit.wait_for(lambda views: (visit.flush() or True) and any(view.path == "/framed" and view.of("webvitals") for view in views), "the frame's view", 30)
    framed = next(view for view in visit.views if view.path == "/framed")
    assert framed.has_no_hole
