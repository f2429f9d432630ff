"""The tracker on third-party sites: without a secure context, and with visitors who leave at any moment."""

import random

import pytest

import engines
from chromium import Chromium
from firefox import Firefox
from leaves import faults, run
from names import Names
from tls import TLS, make_certificate
from tracked import Visit, visit  # noqa: F401
from webkit import WebKit


@pytest.fixture(scope="module", params=engines.wanted())
def elsewhere(request):
    """A browser that finds shop.example on this machine."""
    path = engines.FINDERS[request.param]()
    if path is None:
        pytest.skip(f"{request.param} is not installed here")
    names = Names()
    if request.param == "chromium":
        browser = Chromium(path, ["--host-resolver-rules=MAP shop.example 127.0.0.1"])
    elif request.param == "firefox":
        browser = Firefox(path, {"network.dns.localDomains": "shop.example"})
    else:
        browser = WebKit(path, [f"--proxy={names.url}", "--ignore-host=127.0.0.1"])
    yield browser
    browser.quit()
    names.close()


def test_a_site_without_a_secure_context_is_measured_like_any_other(elsewhere, sqlite, serve):
    visit = Visit(elsewhere, sqlite, serve(sqlite, environment={"COLLECTOR_RATE_LIMIT": 0}), attributes="data-fingerprint")
    try:
        visit.host = f"http://shop.example:{visit.shop.port}"
        visit.open("/one")
        assert elsewhere.evaluate("() => isSecureContext") is False
        elsewhere.click("#throw")
        elsewhere.click("#push")
        visit.wait_for(lambda views: (visit.flush() or True) and any(view.of("fingerprint_ready") for view in views), "the fingerprint", 40)
        visit.go("/two")
        visit.flush()
        first, route, _ = visit.wait_for(lambda views: len(views) == 3 and views[0].is_complete and views[1].has_no_hole, "a complete first view")
        assert {row["site"] for row in visit.rows} == {"shop.example"}
        assert first.of("error") and first.vitals["FCP"] > 0
        (found,) = [row["payload"]["fingerprints"] for view in (first, route) for row in view.of("fingerprint_ready")]
        assert found["hash"]
    finally:
        visit.close()


def test_a_site_with_tls_is_measured_like_any_other(visit, tmp_path):
    visit = visit()
    certificate = make_certificate(tmp_path)
    shop, network, collector = (TLS(port, *certificate) for port in (visit.shop.port, visit.network.port, visit.collector.port))
    try:
        visit.host, visit.shop.collector = shop.url, collector.url
        visit.shop.attributes = f'data-endpoint="{network.url}/events" data-fingerprint'
        visit.open("/one")
        assert visit.engine.evaluate("() => isSecureContext && location.protocol") == "https:"
        visit.engine.click("#throw")
        visit.wait_for(lambda views: (visit.flush() or True) and any(view.of("fingerprint_ready") for view in views), "the fingerprint", 40)
        visit.go("/two")
        assert visit.flush() is True
        first, second = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete and views[1].has_no_hole, "a complete first view")
        assert first.of("error") and first.vitals["FCP"] > 0
        assert second.one("pageview")["kind"] == "navigate"
    finally:
        for one in (shop, network, collector):
            one.close()


def test_a_prerendered_page_counts_when_it_is_activated(visit):
    """Drivers disable prerendering: the page simulates that it is prerendered and then activated."""
    visit = visit(head="<script>Object.defineProperty(document, 'prerendering', { get: () => !self.isSeen, configurable: true })</script>")
    visit.engine.open(visit.host + "/one")
    visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 500))")
    visit.engine.evaluate("() => { collector.track('early'); return collector.flush(); }")
    assert visit.network.bodies == [] and visit.engine.evaluate("() => Object.keys(localStorage)") == []
    visit.engine.evaluate("() => { self.isSeen = true; document.dispatchEvent(new Event('prerenderingchange')); }")
    visit.wait_for_tracker()
    assert visit.flush() is True
    (view,) = visit.views
    assert view.of("pageview") and view.of("early") and view.has_no_hole


def test_page_views_left_at_random_moments_are_recorded_completely(chromium, sqlite, serve):
    seed = random.randrange(1 << 30)
    visit = Visit(chromium, sqlite, serve(sqlite, environment={"COLLECTOR_RATE_LIMIT": 0}))
    try:
        _, _, known = run(visit, 30, random.Random(seed), log=lambda *_, **__: None)
        last = chromium.evaluate("() => collector.id")
        incomplete = {}

        def are_complete(views):
            left = [view for view in views if view.id != last]
            incomplete.clear()
            incomplete.update({view.id: faults(view) for view in left if faults(view)})
            # One that is left before it has painted anything has no vitals but its first byte.
            return known <= {view.id for view in left} and len(incomplete) <= len(left) // 20 and not any("a hole" in found for found in incomplete.values())

        # No signal announces the last beacons of the pages that were left.
        visit.wait_for(are_complete, lambda: f"complete page views, with the seed {seed}; incomplete are {incomplete}")
    finally:
        visit.close()
