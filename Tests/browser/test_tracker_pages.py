"""Pages that use the tracker, window or document in unusual ways: each page view counts once, and the page is unchanged."""

import urllib.parse

import pytest

from tracked import visit  # noqa: F401


def follow(visit, path):
    """Follows a link to another page, which has a referrer."""
    visit.engine.evaluate(f"() => {{ location.href = '{path}'; }}")
    visit.wait_for(lambda views: len(views) == 2, "the second page view")
    visit.flush()


TOKEN = "3f9a0b1c2d4e5f60718293a4b5c6d7e8f9012345"

CLASSIC = '<script {how} src="{collector}/collector.js" {attributes}></script>'
INSERTED = (
    '<script>document.head.append(Object.assign(document.createElement("script"), { src: "{collector}/collector.js" }))</script>'
)
MODULE = '<script type="module">import collector from "{collector}/collector.mjs"; collector.track("imported");</script>'


def classic(*ways):
    return "".join(CLASSIC.replace("{how}", how) for how in ways)


MIXTURES = {
    "defer, defer": classic("defer", "defer"),
    "defer, async": classic("defer", "async"),
    "classic, module": classic("") + MODULE,
    "module, classic, inserted": MODULE + classic("async") + INSERTED,
    "five": classic("", "defer", "async") + MODULE + INSERTED,
}


@pytest.mark.parametrize("tags", MIXTURES.values(), ids=MIXTURES)
def test_a_page_with_several_tags_counts_once(visit, tags):
    # The first tag has the endpoint; a module has the default.
    visit = visit(tags=tags)
    visit.open("/one")
    visit.wait_for(lambda views: (visit.flush() or True) and views and views[0].of("resources"), "the first page view")
    visit.go("/two")
    visit.flush()
    views = visit.wait_for(lambda views: len(views) >= 2 and views[0].is_complete, "two page views")
    assert [view.path for view in views] == ["/one", "/two"]
    assert [len(view.of("pageview")) for view in views] == [1, 1]


BODIES = {
    "an element with the tracker's name": '<div id="collector">x</div>',
    "a link with the tracker's name": '<a id="collector" name="collector" href="/x">x</a>',
    "a frame with the tracker's name": '<iframe name="collector" src="about:blank"></iframe>',
    "elements with names of the document": '<img name="currentScript"><img name="title"><img name="referrer"><form name="hidden"></form><img name="hasFocus">',
    "variables with names of the window": "<script>const screen = {}, performance = [], navigator = null, history = [], crypto = 1, fetch = 2, matchMedia = 3, localStorage = 4, navigation = 5;</script>",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_page_globals_do_not_shadow_tracker_globals(visit, body):
    visit = visit(head=body)
    visit.open("/one")
    visit.wait_for_details()
    follow(visit, "/two")
    first, second = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete, "two page views")
    assert first.one("pageview")["screenResolution"].count("x") == 1 and "undefined" not in first.one("pageview")["screenResolution"]
    assert first.of("engagement")[-1]["payload"]["title"] == "Page /one"
    assert second.rows[0]["referrer"] == visit.shop.url + "/one"


def test_a_page_variable_named_like_the_tracker_is_not_overwritten(visit):
    visit = visit(head="<script>var collector = { mine: 7 };</script>")
    visit.engine.open(visit.host + "/one")
    visit.wait_for(lambda views: views and views[0].of("pageview"), "a page view")
    assert visit.engine.evaluate("() => self.collector.mine") == 7


def test_the_script_url_may_have_a_slash_in_its_query(visit):
    visit = visit(tags='<script defer src="{collector}/collector.js?v=a/b"></script>')
    visit.open("/one")
    visit.wait_for_details()


def test_a_page_replaced_by_document_write_is_still_reported(visit):
    visit = visit()
    visit.open("/one")
    visit.wait_for_details()
    visit.engine.evaluate("() => { document.open(); document.write('<title>again</title><button id=slow>slow</button><p>text'); document.close(); }")
    visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 300))")
    visit.go("/two")
    visit.flush()
    first, _ = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete, "the end of the first page view")
    assert first.of("engagement")[-1]["payload"]["title"] == "again"


@pytest.mark.parametrize(("attributes", "is_counted"), [("", False), ('data-frames="ignore"', False), ('data-frames="count"', True)])
def test_pages_in_frames_count_only_if_enabled_and_are_marked(visit, attributes, is_counted):
    visit = visit(attributes=attributes)
    visit.shop.body = "<script>if (self === top) document.write('<iframe src=/framed hidden></iframe>')</script>"
    visit.open("/one")
    visit.wait_for(lambda views: (visit.flush() or True) and any(view.path == "/one" and view.of("resources") for view in views), "the page itself")
    if is_counted:
        visit.wait_for(lambda views: any(view.path == "/framed" and view.of("pageview") for view in views), "the page in the frame")
    assert {view.path: view.one("pageview").get("frame") for view in visit.views} == {"/one": False} | ({"/framed": True} if is_counted else {})


REPLACED = {
    "JSON": "self.JSON = { stringify: () => 'x', parse: () => null };",
    "JSON's functions": "JSON.stringify = () => 'x'; JSON.parse = () => { throw 1; };",
    "Date": "self.Date = class { constructor() { return { toISOString: () => 'never' }; } static now() { return 0; } };",
    "Map and Set": "self.Map = self.Set = self.WeakMap = class { constructor() { throw 1; } };",
    "Promise": "self.Promise = class { constructor() { throw 1; } static all() { throw 1; } static race() { throw 1; } };",
    "fetch": "{ const real = fetch; self.fetch = (...values) => real(...values); }",
    "toJSON of arrays": "Array.prototype.toJSON = function () { return '[' + this.join() + ']'; }; String.prototype.toJSON = function () { return 'x'; };",
    "toJSON of objects": "Object.prototype.toJSON = function () { return 'x'; };",
    "properties of all objects": "Object.prototype.extend = function () { return 1; }; Array.prototype.first = function () {}; Object.prototype.kind = 'x';",
}


# The page asks the tracker itself: drivers use the page's built-ins, too.
ASK = (
    "addEventListener('load', () => setTimeout(() => collector.track('list',"
    " { list: ['a', { b: [1] }], text: 'c', own: localStorage.getItem('extend') }), 300));"
)


@pytest.mark.parametrize("replaced", REPLACED.values(), ids=REPLACED)
def test_replaced_built_ins_do_not_affect_measurements(visit, replaced):
    visit = visit(head=f"<script>localStorage.setItem('extend', 'own'); {replaced} {ASK}</script>")
    visit.engine.open(visit.host + "/one")
    (view,) = visit.wait_for(lambda views: views and views[0].of("list") and views[0].of("resources") and views[0].has_no_hole, "the events")
    assert view.one("list") == {"list": ["a", {"b": [1]}], "text": "c", "own": "own"}
    assert view.rows[0]["client_timestamp"] and view.path == "/one"


def test_secret_parts_of_an_address_are_not_sent(visit):
    visit = visit(attributes='data-hash data-requests')
    away = visit.shop.url.replace("127.0.0.1", "u:secret@127.0.0.1").replace(str(visit.shop.port), "9")
    visit.shop.body = f'<p><a id="private" href="{away}/mail/jane@example.com?secret=1">x</a></p><script>document.title = "Mail of jane@example.com"</script>'
    visit.open(f"/reset/{TOKEN};jsessionid=secret?token=secret&utm_source=letter#access_token=secret")
    visit.wait_for_details()
    visit.engine.evaluate("() => addEventListener('click', (event) => event.preventDefault())")
    visit.engine.click("#private")
    visit.engine.click("#image")
    visit.engine.click("#request")
    visit.engine.evaluate("() => { collector.error(new Error('cannot load https://u:secret@shop.example/a?secret=1 for jane@example.com')); }")
    follow(visit, f"/u/jane@example.com/{TOKEN}")
    first, second = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete and views[0].of("error"), "two page views")
    sent = str([body for _, body in visit.network.bodies]) + str(visit.rows)
    for secret in ("secret", TOKEN, "jane@example.com", "jane%40example.com"):
        # The page's own names of buttons and events are no addresses.
        assert secret not in sent, sent[max(0, sent.find(secret) - 200) : sent.find(secret) + 100]
    assert first.path == "/reset/:id#access_token=:hidden" and second.path == "/u/:address/:id"
    assert first.one("pageview")["campaign"] == {"utm_source": "letter"}
    assert second.rows[0]["referrer"] == visit.shop.url + "/reset/:id"


def test_data_and_blob_addresses_are_not_sent(visit):
    visit = visit()
    if visit.engine.name == "chromium":
        pytest.skip("Chromium lets no page of data: load a script from this machine")
    tag = visit.shop.tag().replace('"', "'")
    visit.engine.open("data:text/html," + urllib.parse.quote(f"<title>page</title><p>secret</p>{tag}"))
    visit.wait_for(lambda views: views and views[0].of("pageview"), "the page view")
    assert visit.views[0].path == "data:" and "secret" not in str(visit.rows)


def test_a_site_function_can_rewrite_the_sent_address(visit):
    stub = (
        "self.collector = { q: [] }; collector.configure = (...values) => collector.q.push(['configure', ...values]);"
        "collector.configure({ scrub: (url) => url.replace(/customer-.*?(\\/|$)/, 'customer$1') });"
    )
    visit = visit(head=f"<script>{stub}</script>")
    visit.open("/customer-anna/orders")
    visit.flush()
    assert visit.views[0].path == "/customer/orders"


def test_scroll_depth_follows_the_scrolling_element(visit):
    style = "<style>html, body { height: 100%; margin: 0; overflow: hidden } main { height: 100vh; overflow-y: auto } .in { height: 500vh }</style>"
    visit = visit(head=style)
    # The shop's own content does not interfere.
    visit.shop.body = "<main><div class=in>x</div></main><script>document.body.replaceChildren(document.querySelector('main'))</script>"
    visit.open("/one")
    visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 300))")
    visit.go("/two")
    visit.flush()
    first, _ = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete, "the end of the first page view")
    assert first.of("engagement")[-1]["payload"]["scrollDepth"] == 20


def test_parameters_of_a_campaign_are_cut_and_the_page_view_is_sent(visit):
    visit = visit()
    visit.engine.open(visit.host + "/one?utm_source=letter&utm_content=" + "x" * 30_000)
    visit.wait_for_tracker()
    assert visit.flush() is True
    (view,) = visit.views
    campaign = view.one("pageview")["campaign"]
    assert campaign["utm_source"] == "letter" and campaign["utm_content"] == "x" * 200


@pytest.mark.parametrize(
    ("attributes", "paths"),
    [
        ("", ["/one"]),
        ('data-routes="path"', ["/one"]),
        ('data-routes="query"', ["/one", "/one?page=2"]),
        ('data-routes="hash"', ["/one", "/one#/part"]),
        ("data-hash", ["/one", "/one#/part"]),
    ],
)
def test_a_site_can_choose_which_address_changes_are_page_views(visit, attributes, paths):
    visit = visit(attributes=attributes)
    visit.open("/one")
    visit.engine.click("#query")
    visit.engine.click("#hash")
    # Engines announce a new fragment after the click.
    views = visit.wait_for(lambda views: (visit.flush() or True) and len(views) >= len(paths), "all views")
    seen = [view.path for view in views]
    assert seen == paths or attributes == 'data-routes="query"' and seen[:2] == paths


def test_switching_tabs_writes_only_changed_data(visit):
    visit = visit()
    if visit.engine.name != "chromium":
        pytest.skip("only Chromium's protocol hides a page")
    visit.open("/one")
    visit.wait_for_details()
    visit.engine.evaluate(
        """async () => {
            self.isAway = true;
            const { get } = Object.getOwnPropertyDescriptor(Document.prototype, "hidden");
            self.away = false;
            Object.defineProperty(Document.prototype, "hidden", { get() { return self.away || get.call(this); }, configurable: true });
            for (let number = 0; number < 1000; number++) {
                self.away = number % 2 === 0;
                document.dispatchEvent(new Event("visibilitychange"));
            }
        }"""
    )
    assert visit.flush() is True
    (view,) = visit.views
    assert len(view.of("engagement")) <= 3 and len(view.rows) < 15
    visit.engine.click("#slow")
    visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 300))")
    visit.go("/two")
    visit.flush()
    first, _ = visit.wait_for(lambda views: len(views) == 2 and views[0].vitals.get("INP"), "the interaction")
    assert first.vitals["INP"] >= 100
