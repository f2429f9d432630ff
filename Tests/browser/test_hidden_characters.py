"""Characters that hide, reverse or fake text: both pages show them as escapes, and they do not affect neighboring text."""

import urllib.parse

import pytest

from access import check_widths
from bodies import make_ids
from insight import ENVIRONMENT, TOKEN, VIEWS, report, send, send_until_seen, settle, visit_events
from page import TABS
from page import show as show_tab
from test_insight_page import check_inert, expand, open_page
from waits import wait_for

# One of each class, between visible letters; and values that are made of them, or of blanks, alone.
HIDDEN = [
    "override\u202etxt.exe",
    "isolate\u2066\u2067\u2068x",
    "embedding\u202a\u202b\u202dx",
    "marks\u200e\u200f\u061cx",
    "bell\u0007\u001b[31mred\u007f\u0085x",
    "zero\u200b\u200c\u200d\u2060\ufeffwidth",
    "soft\u00adhyphen\u034f",
    "filler\u115f\u1160\u3164\uffa0x",
    "tags\U000e0041\U000e0042x",
    "lines\u2028\u2029x",
    "selector\ufe0fx",
    "annotation\ufff9x\ufffby",
]
BLANKS = ["\u200b\u200b", "\u202e\u202e", "\u3164", "\u2800\u2800", "\u00a0\u2003 ", "\U000e0020", "\u00ad"]
# Right to left by nature, and legitimate joiners: they stay as they are.
NATURAL = ["سلام", "שלום 42", "می‌خواهم", "👩‍👩‍👧‍👦 family"]
CORPUS = HIDDEN + BLANKS + NATURAL
#: Types of the events of a page view.
KINDS = ("pageview", "webvitals", "engagement")

# Displayed text of a page: rendered text nodes, displayed or announced attributes, the title, and texts in charts.
FOUND = r"""() => {
  const hidden = /(?![\t\n\r])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{NChar}\p{DI}]/u;
  // Emoji and Persian of the corpus.
  const clean = (text) => text.replace(/\p{ExtPict}(?:\u200d\p{ExtPict})+/gu, "").replace(/(?<=\p{sc=Arab})\u200c(?=\p{sc=Arab})/gu, "");
  const found = [];
  const check = (where, text) => hidden.test(clean(text)) && found.push(`${where}: ${JSON.stringify(text).slice(0, 80)} ${[...text].filter((one) => hidden.test(one)).map((one) => one.codePointAt(0).toString(16))}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) check(walker.currentNode.parentElement.outerHTML.slice(0, 40), walker.currentNode.data);
  for (const element of document.querySelectorAll("body *")) {
    for (const name of ["title", "aria-label", "alt", "placeholder", "label", "download"]) check(`${element.localName}[${name}]`, element.getAttribute(name) ?? "");
    if (getComputedStyle(element).unicodeBidi === "normal") found.push(`${element.localName}.${element.className} is not isolated`);
  }
  check("title", document.title);
  for (const text of self.drawn ?? []) check("canvas", text);
  return found;
}"""
# Values that are displayed with no width, or as nothing but blanks.
BLANK_ROWS = r"""() => [...document.querySelectorAll("main bdi, main .value, main td, main dd, main h2, main h3, main summary, main .message, main .bars li, main .filters b, main select option")]
  .filter((element) => element.localName === "option" || element.getClientRects().length > 0)
  .filter((element) => !element.querySelector("canvas, svg, input"))
  .filter((element) => /^[\s\p{Cc}\p{DI}\u2800]*$/u.test(element.textContent) && !(element.localName === "bdi" && element.textContent === ""))
  .map((element) => element.parentElement.outerHTML.slice(0, 200))"""

DRAWN = """
  globalThis.drawn = [];
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { drawn.push(String(text)); return fillText.call(this, text, ...rest); };
"""


@pytest.fixture
def filled(sqlite, serve):
    """A server on which all texts are from the corpus."""
    collector = serve(sqlite, environment=ENVIRONMENT)
    events = 0
    for number, hostile in enumerate(CORPUS):
        frame = {"function": hostile, "file": hostile, "line": hostile, "column": hostile}
        error = {"kind": "error", "name": hostile, "message": hostile, "count": 1, "stack": hostile, "source": hostile, "frames": [frame], "breadcrumbs": [hostile, {hostile: hostile}]}
        fingerprint = {"hash": hostile, "parts": {"canvas": {"hash": hostile, "stable": True}, hostile: {"hash": hostile, "stable": True}}, "automation": [hostile]}
        extra = {"language": hostile, "screenResolution": hostile, "release": hostile, "connection": hostile, "campaign": {"utm_campaign": hostile}, "title": hostile, hostile: hostile}
        ids = make_ids() | {"visitor_id": f"v_{number}{hostile}"}
        page = visit_events(f"/{hostile}", error=error, referrer=f"https://{hostile}/", fingerprint=fingerprint, extra=extra, ids=ids, lcp=9000)
        vitals = next(event for event in page if event["event_type"] == "webvitals")["payload"]
        vitals["attribution"]["LCP"] = {"target": hostile, "timeToFirstByte": 1, "resourceLoadDelay": 2}
        page[0]["client_hints"] = hostile
        more = [
            ("navigation", {hostile: 12, "domInteractive": 100}),
            ("resources", {"count": hostile, "slowest": [{"name": hostile, "duration": 5, "transferSize": 5}]}),
            ("engagement", {"engagedMs": 5, "scrollDepth": hostile}),
            (hostile, {hostile: {hostile: hostile}}),
        ]
        for seq, (kind, payload) in enumerate(more, len(page) + 1):
            page.append(ids | {"event_type": kind, "seq": seq, "path": hostile, "site": hostile, "payload": payload})
        events += send(collector.port, page, "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36 " + "".join(filter(str.isprintable, hostile)))
    settle(collector.port, events)
    return collector


def check(engine, where):
    assert engine.evaluate(FOUND) == [], where
    assert engine.evaluate(BLANK_ROWS) == [], where
    check_inert(engine)


def escapes(engine, selector):
    return engine.evaluate(f"() => [...document.querySelectorAll('{selector} .escape')].map((element) => element.textContent)")


def test_every_view_shows_hidden_characters_as_escapes(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled, "&bots=include")
    if engine.name == "chromium":
        engine.add_start_script(DRAWN)
    for view in VIEWS:
        open_page(engine, filled, "&bots=include", view)
        engine.evaluate("() => document.querySelectorAll('main details').forEach((details) => details.open = true)")
        engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 100))")
        check(engine, view)
        # Which values are among the most frequent, or the latest, differs; some of them always are.
        assert escapes(engine, f"#panel-{view}") or view in ("fingerprint", "tracking"), view
    for button in range(engine.evaluate("() => document.querySelectorAll('#panel-overview .all').length")):
        open_page(engine, filled, "&bots=include")
        engine.evaluate(f"() => document.querySelectorAll('#panel-overview .all')[{button}].click()")
        wait_for(lambda: engine.evaluate("() => document.querySelector('#all').open && !document.querySelector('#all .skeleton')"), 10, "all values")
        check(engine, f"all values of {button}")


def test_issues_visitors_and_filters_show_hidden_characters(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled, "&bots=include")
    issues = report(filled.port, "issues", range="24h", bots="include")["issues"]
    assert len(issues) >= 10
    for issue in issues:
        open_page(engine, filled, f"&bots=include&issue={issue['issue']}", "issues")
        engine.evaluate("() => document.querySelectorAll('main details').forEach((details) => details.open = true)")
        check(engine, issue["message"])
    for number, hostile in enumerate(CORPUS):
        quoted = urllib.parse.quote(f"v_{number}{hostile}")
        open_page(engine, filled, f"&visitor={quoted}", "visitors")
        expand(engine)
        engine.evaluate("() => document.querySelectorAll('main details').forEach((details) => details.open = true)")
        engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 50))")
        assert "Session 1" in engine.evaluate("() => document.querySelector('#panel-visitors').textContent")
        check(engine, f"visitor {hostile!r}")
    for hostile in (HIDDEN[0], *BLANKS):
        quoted = urllib.parse.quote(hostile)
        open_page(engine, filled, f"&path={quoted}&site={quoted}&type={quoted}&key={quoted}")
        assert len(escapes(engine, "#filters")) == 1
        check(engine, f"filters {hostile!r}")
    open_page(engine, filled, "&bots=include")
    engine.press("/")
    wait_for(lambda: engine.evaluate("() => document.querySelectorAll('#filter-list label').length") >= len(CORPUS) / 2, 10, "suggestions")
    check(engine, "suggestions")
    labels = engine.evaluate("() => [...document.querySelectorAll('#filter-list bdi')].map((label) => label.textContent)")
    assert "/override\\u202Etxt.exe" in labels
    engine.press("Escape")


def test_the_live_feed_shows_hidden_characters(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled, fragment="raw")
    types = "() => [...document.querySelectorAll('.stream b')].map((type) => type.textContent)"
    send_until_seen(filled.port, lambda: "engagement" in engine.evaluate(types), "/first")
    for hostile in CORPUS:
        send(filled.port, [make_ids() | {"event_type": hostile, "seq": 1, "path": hostile, "site": hostile, "payload": {hostile: hostile}}])
    wait_for(lambda: sum(type not in KINDS for type in engine.evaluate(types)) == len(CORPUS), 10, "the events")
    check(engine, "live")


@pytest.mark.every_engine
def test_text_that_runs_right_to_left_does_not_reorder_its_neighbors(engine, filled):
    """The site of an issue is drawn to the right of its kind, and the count of a value to the right of the value."""
    engine.signed_in_at = None
    open_page(engine, filled, "&bots=include", "issues")
    isolated = engine.evaluate(
        """() => [...document.querySelectorAll(".issues-table .issue-marks > .origin")].map((note) => {
          const [kind, site] = note.querySelectorAll("bdi");
          const range = document.createRange();
          range.selectNode(kind.nextSibling);
          const [one, two, three] = [kind, range, site].map((part) => part.getBoundingClientRect());
          return one.right <= two.left + 1 && two.right <= three.left + 1;
        })"""
    )
    assert len(isolated) >= 10 and all(isolated)
    open_page(engine, filled, "&bots=include")
    isolated = engine.evaluate(
        """() => [...document.querySelectorAll(".bars li")].map((row) => row.querySelector(".value").getBoundingClientRect().left <= row.querySelector("b").getBoundingClientRect().left)"""
    )
    assert len(isolated) >= 10 and all(isolated)


def test_escapes_are_accessible(chromium, filled):
    (issue, *_) = [issue for issue in report(filled.port, "issues", range="24h", bots="include")["issues"] if issue["message"] == HIDDEN[0]]
    chromium.open(f"{filled.url}/insight#token={TOKEN}")
    chromium.signed_in_at = filled.url
    wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    for name, query, view in (("overview", "", "overview"), ("raw", "", "raw"), ("issue", f"&issue={issue['issue']}", "issues"), ("timeline", f"&visitor={urllib.parse.quote(f'v_0{HIDDEN[0]}')}", "visitors")):
        open_page(chromium, filled, f"&bots=include{query}", view)
        check_widths(chromium, f"escapes-{name}", full_page=True)


def test_the_visitor_page_shows_hidden_characters(chromium, serve, sqlite):
    """A page that was opened by an address with hidden characters, and throws errors with more of them."""
    collector = serve(sqlite)
    chromium.new_page()
    chromium.add_start_script(DRAWN + "Object.defineProperty(Navigator.prototype, 'userAgent', { get: () => 'Mozilla/5.0 (X\\u202e\\u0007) Chrome/142.0\\u200b' }); Object.defineProperty(Navigator.prototype, 'language', { get: () => '\\u3164' });")
    chromium.leave(f"{collector.url}/?{urllib.parse.quote(HIDDEN[0])}")
    wait_for(lambda: chromium.evaluate("() => typeof collectorDashboard") == "object", 10, "the script's start")
    chromium.evaluate(
        """() => {
          for (const text of ["over\\u202eride", "\\u200b\\u3164"]) {
            const error = new Error(text);
            error.stack = `at f\\u202e (http://a.test/\\u2066x.js:${text.length}:2)\\n${text}`;
            setTimeout(() => { throw error; });
            const image = document.createElement("img");
            image.src = `static/missing-${encodeURIComponent(text)}.png`;
            document.body.append(image);
          }
        }"""
    )
    chromium.evaluate("() => collectorDashboard.ready.then(() => collectorDashboard.delivered)")
    for tab in TABS:
        show_tab(chromium, tab)
        chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 400))")
        chromium.evaluate("() => document.querySelectorAll('main details').forEach((details) => details.open = true)")
        assert chromium.evaluate(FOUND) == [], tab
        assert chromium.evaluate(BLANK_ROWS) == [], tab
    wait_for(lambda: {"\\u202E", "\\u200B\\u3164", "\\u2066"} <= set(escapes(chromium, "#panel-raw")), 10, "the errors with their escapes")
