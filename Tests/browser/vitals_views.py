"""What browsers report of the vitals of a tracked page, and waits for it."""

from waits import wait_for

# The vitals that each engine measures of a page that was loaded.
MEASURES = {
    "chromium": {"LCP", "INP", "CLS", "FCP", "TTFB"},
    "firefox": {"LCP", "INP", "FCP", "TTFB"},
    "webkit": {"FCP", "TTFB"},
}


OWN_LOAD_VITALS = """() => ({
  TTFB: performance.getEntriesByType("navigation")[0]?.responseStart ?? 0,
  FCP: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
})"""


def waited(engine, milliseconds):
    engine.evaluate(f"() => new Promise((resolve) => setTimeout(resolve, {milliseconds}))")


def complete(visit, path="/next"):
    """Leaves the page. Returns its page view."""
    visit.go(path)
    visit.flush()
    return visit.wait_for(lambda views: len(views) >= 2 and views[0].is_complete, "a complete first view")[0]


def own_load_vitals(visit):
    """The browser's own TTFB and FCP of the page in front, ms. Waits for both: WebKit adds them to the entries after the page has loaded."""
    values = {}

    def are_known():
        values.update(visit.engine.evaluate(OWN_LOAD_VITALS))
        return all(values.values())

    wait_for(are_known, 20, lambda: f"the browser's own values: {values}")
    return values


def wait_for_details(visit):
    """Attribution is loaded after the core."""
    visit.wait_for(lambda views: (visit.flush() or True) and views and views[0].of("resources"), "the details")


def attribution(view, name, kind=None):
    """Attribution and value of the last report of a metric."""
    payloads = [row["payload"] for row in view.of("webvitals") if row["payload"].get(name) is not None]
    payload = [payload for payload in payloads if kind is None or payload["navigationType"] == kind][-1]
    return payload["attribution"].get(name), payload[name]


def assert_phases(parts, value):
    assert abs(parts["inputDelay"] + parts["processingDuration"] + parts["presentationDelay"] - value) < 0.5, (parts, value)
    assert min(parts["inputDelay"], parts["processingDuration"], parts["presentationDelay"]) >= 0, parts


LCP_PARTS = ("timeToFirstByte", "resourceLoadDelay", "resourceLoadDuration", "elementRenderDelay")
# Blocks the page's thread; buttons and links of a test's own call it.
BLOCK = "<script>function block(ms) { const end = performance.now() + ms; while (performance.now() < end); }</script>"

# The scripts of long frames, as the browser itself reports them.
INVOKERS = """() => new Promise((resolve) => {
  if (!PerformanceObserver.supportedEntryTypes.includes("long-animation-frame")) return resolve([]);
  const found = [];
  new PerformanceObserver((list) => list.getEntries().forEach(({ scripts }) => found.push(...scripts.map(({ invoker }) => invoker))))
    .observe({ type: "long-animation-frame", buffered: true });
  setTimeout(resolve, 200, found);
})"""
# Keeps what the browser reports: events, durations of interactions, shifts without input, the largest paint, and soft navigations.
RECORD = """<script>const durations = {}, reported = [], seen = { shifts: 0, largest: "", navigations: 0 };
const take = (type, body) => PerformanceObserver.supportedEntryTypes.includes(type) &&
  new PerformanceObserver((list) => list.getEntries().forEach(body)).observe({ type, buffered: true });
take("layout-shift", ({ value, hadRecentInput }) => { if (!hadRecentInput) seen.shifts += value; });
take("largest-contentful-paint", ({ id }) => { seen.largest = id; });
take("soft-navigation", () => { seen.navigations++; });
for (const type of ["event", "first-input"]) if (PerformanceObserver.supportedEntryTypes.includes(type)) {
  new PerformanceObserver((list) => list.getEntries().forEach(({ interactionId: id, name, startTime, duration }) => {
    reported.push({ name, duration, paint: startTime + duration });
    if (id) durations[id] = Math.max(durations[id] ?? 0, duration);
  })).observe({ type, buffered: true, durationThreshold: 40 });
}</script>"""
# Whether an event of this name was presented by the frame that presented the longest one. The browser rounds durations to 8 ms.
IS_IN_LONGEST_FRAME = """(name) => {
  const longest = reported.reduce((one, other) => other.duration > one.duration ? other : one);
  return reported.some((event) => event.name === name && Math.abs(event.paint - longest.paint) <= 8);
}"""


def wait_for_interaction(visit, least=100):
    """Waits until the browser has reported an interaction of so many milliseconds, which it does with the frame after it, if it reports any."""
    if visit.engine.name != "webkit":
        wait_for(lambda: visit.engine.evaluate(f"() => Math.max(0, ...Object.values(durations)) >= {least}"), 20, "the entry of the slow event")


def wait_until_seen(visit, condition, what):
    """Waits for something that the browser reports: a condition of `seen`."""
    wait_for(lambda: visit.engine.evaluate(f"() => {condition}"), 20, what)
