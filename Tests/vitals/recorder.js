// Records raw performance entries of a fixture page, for definitions.py. It runs first on the page and does not listen
// for input, so that it affects neither event timing nor the tracker.
(() => {
  const document_id = Math.random().toString(36).slice(2);
  const OBSERVED = [
    "event",
    "first-input",
    "paint",
    "layout-shift",
    "largest-contentful-paint",
    "long-animation-frame",
    "visibility-state",
    "soft-navigation",
    "interaction-contentful-paint",
  ];
  const supported = PerformanceObserver.supportedEntryTypes;
  let lines = [];
  let posts = 0;
  const counts = {};

  const put = (kind, data) => lines.push([kind, data]);
  const count = () => performance.interactionCount ?? 0;

  /** The element of a node and its ancestors, as [name, id, classes], the innermost first. */
  const chain = (node) => {
    const elements = [];
    if (node && node.nodeType !== 1) node = node.parentNode;
    for (; node?.localName && elements.length < 12; node = node.parentNode) {
      elements.push([node.localName, node.getAttribute("id") ?? "", [...node.classList]]);
    }
    return elements;
  };

  /** The first fetch of a resource, once it is known. */
  const resource = (url) => {
    const entry = url && performance.getEntriesByType("resource").find(({ name }) => name === url);
    return entry && { startTime: entry.startTime, requestStart: entry.requestStart, responseEnd: entry.responseEnd };
  };
  const paint = (entry) =>
    entry && {
      startTime: entry.startTime,
      renderTime: entry.renderTime,
      size: entry.size,
      url: entry.url,
      id: entry.id,
      target: chain(entry.element),
      resource: resource(entry.url),
    };
  const interactionPaint = (entry) =>
    entry && {
      startTime: entry.startTime,
      duration: entry.duration,
      interactionId: entry.interactionId,
      largest: paint(entry.largestContentfulPaint),
    };
  const script = ({ invoker, sourceURL, sourceFunctionName, startTime, duration }) => (
    { invoker, sourceURL, sourceFunctionName, startTime, duration }
  );

  const details = {
    event: (entry) => ({
      interactionId: entry.interactionId,
      processingStart: entry.processingStart,
      processingEnd: entry.processingEnd,
      target: chain(entry.target),
    }),
    "layout-shift": ({ value, hadRecentInput, sources }) => ({
      value,
      hadRecentInput,
      sources: sources.map(({ node }) => ({ isElement: node?.nodeType === 1, target: chain(node) })),
    }),
    "largest-contentful-paint": paint,
    "long-animation-frame": ({ scripts }) => ({ scripts: scripts.map(script) }),
    "soft-navigation": (entry) => ({
      interactionId: entry.interactionId,
      paintTime: entry.presentationTime || entry.paintTime || 0,
      largest: interactionPaint(entry.getLargestInteractionContentfulPaint?.()),
    }),
    "interaction-contentful-paint": interactionPaint,
  };
  details["first-input"] = details.event;

  const take = (entry) => {
    const { entryType, name, startTime, duration } = entry;
    counts[entryType] = (counts[entryType] ?? 0) + 1;
    put("entry", { entryType, name, startTime, duration, ...details[entryType]?.(entry) });
  };
  const observers = OBSERVED.filter((type) => supported.includes(type)).map((type) => {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
    observer.observe({ type, buffered: true, durationThreshold: 40 });
    return observer;
  });
  const takeRecords = () => observers.forEach((observer) => observer.takeRecords().forEach(take));

  const send = (reason) => {
    takeRecords();
    const [navigation] = performance.getEntriesByType("navigation");
    const resources = {};
    for (const [, { url, largest }] of lines) {
      const address = url ?? largest?.largest?.url ?? largest?.url;
      if (address) resources[address] = resource(address);
    }
    put("sent", {
      reason,
      resources,
      interactions: count(),
      time: performance.now(),
      type: navigation?.type,
      responseStart: navigation?.responseStart ?? 0,
      activationStart: navigation?.activationStart ?? 0,
    });
    navigator.sendBeacon(`/recorded?document=${document_id}&post=${posts++}`, JSON.stringify(lines));
    lines = [];
  };

  const at = (listener, ...types) => types.forEach((type) => addEventListener(type, listener, true));
  at(
    (event) => {
      if (event.type === "visibilitychange") put("visibility", { hidden: document.hidden, time: event.timeStamp });
      if (document.hidden || event.type === "pagehide") send(event.type);
    },
    "visibilitychange",
    "pagehide",
  );
  at(({ persisted, timeStamp }) => {
    if (!persisted) return;
    put("restored", { time: timeStamp, interactions: count(), hidden: document.hidden });
    requestAnimationFrame(() =>
      requestAnimationFrame(() => put("restoredPaint", { value: performance.now() - timeStamp }))
    );
  }, "pageshow");

  let address = location.href;
  const route = () => {
    if (location.href === address) return;
    address = location.href;
    put("route", { time: performance.now(), url: address, interactions: count() });
  };
  if (self.navigation) navigation.addEventListener("currententrychange", route);
  else {
    const { pushState } = history;
    history.pushState = function (...values) {
      pushState.apply(this, values);
      route();
    };
    at(route, "popstate", "hashchange");
  }

  put("started", {
    url: location.href,
    origin: performance.timeOrigin,
    hidden: document.hidden,
    prerendering: !!document.prerendering,
    supported,
    hasInteractionIds: "interactionId" in (self.PerformanceEventTiming?.prototype ?? {}),
    time: performance.now(),
  });
  /** For the conditions of steps. */
  self.recorder = {
    counts: () => {
      takeRecords();
      return counts;
    },
    isRestored: () => lines.some(([kind]) => kind === "restoredPaint"),
  };
})();
