// For classic workers: importScripts("https://collect.example/collector-worker.js"); it sets self.collector.

import { guard } from "./guard.js";
import { parseStack } from "./stack.js";
import { openWorker } from "./worker.js";

guard(() => {
  // Only a stack names a script that importScripts has loaded.
  const [{ file = "" } = {}] = parseStack(Error().stack);
  /** @type {any} */ (self).collector = openWorker(file);
})();
