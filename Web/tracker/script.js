// The tag: <script defer src="https://collect.example/collector.js"></script>

import { guard } from "./guard.js";
import { install } from "./core.js";

guard(() => {
  const { src, dataset } = /** @type {HTMLScriptElement} */ (document.currentScript);
  install(src.replace(/[^/]*$/, ""), dataset);
})();
