// Reports the metrics of a build of the web-vitals library (attribution, IIFE) on the same page, for comparison.
(() => {
  const library = self.webVitals;
  if (!library) return;
  const clean = (url) => (url ?? "").replace(/[?#].*/, "");
  let reports = 0;
  const report = ({ name, value, id, navigationType, navigationURL, attribution }) => {
    const parts = {};
    for (const [key, part] of Object.entries(attribution)) {
      if (typeof part === "number" || typeof part === "string") parts[key] = key === "url" ? clean(part) : part;
    }
    if (attribution.longestScript) parts["longestScript.invoker"] = attribution.longestScript.entry.invoker;
    const url = navigationType === "soft-navigation" ? navigationURL : location.href;
    const metric = { value, id, navigationType, url, origin: performance.timeOrigin, order: reports++, parts };
    navigator.sendBeacon("/library", JSON.stringify([[name, metric]]));
  };
  // Events that are still waiting for idle time when the page is left are only reported as a change.
  for (const name of ["onLCP", "onINP", "onCLS", "onFCP", "onTTFB"]) {
    library[name](report, { reportSoftNavs: true, reportAllChanges: name === "onINP" });
  }
})();
