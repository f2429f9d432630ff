// The buttons of the demo, and the list of events that its page sends. Runs before the tracker, so that the list is complete.

(() => {
  /** Requests shown, the latest first. */
  const SHOWN_MAX = 200;
  let events = 0;
  let bytes = 0;
  /** @type {{body: string, by: string}[]} */
  let early = [];
  const byId = (/** @type {string} */ id) => document.getElementById(id);
  const collector = () => /** @type {any} */ (globalThis).collector;

  /** @param {string} tag @param {string} [text] */
  function make(tag, text = "") {
    const element = document.createElement(tag);
    element.textContent = text;
    return element;
  }

  /** @param {string} url @param {any} body @param {string} by */
  function show(url, body, by) {
    if (!/\/events$/.test(String(url)) || typeof body !== "string") return;
    const list = byId("sent");
    if (!list) {
      early.push({ body, by });
      return;
    }
    bytes += new TextEncoder().encode(body).length;
    for (const event of JSON.parse(body).events) {
      events += 1;
      const item = make("li");
      const details = make("details");
      const summary = make("summary");
      summary.append(make("span", `${event.seq}`), make("b", event.event_type), make("span", by));
      details.append(summary, make("pre", JSON.stringify(event, null, 2)));
      item.append(details);
      list.prepend(item);
    }
    while (list.childElementCount > SHOWN_MAX) list.lastElementChild?.remove();
    const summary = byId("summary");
    if (summary) summary.textContent = `${events} events, ${(bytes / 1000).toFixed(1)} kB.`;
  }

  const { fetch, navigator } = globalThis;
  globalThis.fetch = (input, options) => {
    show(/** @type {string} */ (input), options?.body, "fetch");
    return fetch(input, options);
  };
  const sendBeacon = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, body) => {
    show(String(url), body, "beacon");
    return sendBeacon(url, body);
  };

  function keepBusy(/** @type {number} */ ms) {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }

  /** @type {Record<string, () => unknown>} */
  const actions = {
    slow: () => keepBusy(300),
    shift: () =>
      setTimeout(() => {
        const element = make("div", "Now the page has moved.");
        element.className = "pushed";
        document.querySelector("main")?.prepend(element);
      }, 1000),
    "slow-image": () =>
      setTimeout(() => {
        const image = new Image(320, 200);
        image.alt = "A cup, drawn";
        image.src = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]")).href + "?" + Date.now();
        byId("room")?.append(image);
      }, 1000),
    throw: () => {
      throw new TypeError("the cup is empty");
    },
    "throw-often": () => {
      for (let count = 0; count < 100; count++) setTimeout(actions.throw);
    },
    reject: () => Promise.reject(new RangeError("no tea left")),
    request: () => globalThis.fetch("nothing-here").catch(() => {}),
    image: () => byId("room")?.append(Object.assign(new Image(), { src: "nothing-here.png", alt: "" })),
    // deno-lint-ignore no-console
    console: () => console.error("the kettle is cold", { degrees: 20 }),
    track: () => collector().track("purchase", { item: location.hash || "tea", price: 12.5 }),
    identify: () => collector().identify("customer-7", { plan: "gold" }),
    fingerprint: () => collector().configure({ fingerprint: true }),
    "opt-out": () => collector().optOut(),
    "opt-in": () => {
      collector().optOut(false);
      location.reload();
    },
    flush: () => collector().flush(),
  };

  function showItem() {
    const item = byId("item");
    const [, name] = /^#\/cups\/(\w+)$/.exec(location.hash) ?? [];
    if (!item || !name) return;
    item.replaceChildren(
      make("h2", `The ${name} cup`),
      make("p", "Thrown on a wheel, burnt twice, holds a quarter of a litre."),
    );
  }

  addEventListener("hashchange", showItem);
  document.addEventListener("DOMContentLoaded", () => {
    showItem();
    for (const link of document.querySelectorAll("nav a")) {
      if (/** @type {HTMLAnchorElement} */ (link).pathname === location.pathname) {
        link.setAttribute("aria-current", "page");
      }
    }
    for (const { body, by } of early) show("/events", body, by);
    early = [];
    document.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("[data-do]") : null;
      if (button instanceof HTMLElement) actions[button.dataset.do ?? ""]?.();
    });
  });
})();
