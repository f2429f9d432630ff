// Sends the metrics of the web-vitals library as its README recommends: a queue that leaves as one beacon when the page
// is hidden. Attribution keeps its numbers and strings only, since the raw entries would make each body several times larger.

const queue = new Map();
const isPlain = ([, value]) => typeof value === "number" || typeof value === "string";

for (const name of ["onLCP", "onINP", "onCLS", "onFCP", "onTTFB"]) {
  webVitals[name](({ name, value, id, rating, navigationType, attribution }) => {
    const plain = Object.fromEntries(Object.entries(attribution).filter(isPlain));
    queue.set(id, { name, value, id, rating, navigationType, attribution: plain });
  });
}

const endpoint = new URL("vitals", document.currentScript.src).href;
addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden" || !queue.size) return;
  const page = location.href;
  navigator.sendBeacon(endpoint, JSON.stringify({ page, metrics: [...queue.values()] }));
  queue.clear();
});
