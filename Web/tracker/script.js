// The classic script: <script defer src="https://collect.example/collector.js"></script>

import { install } from "./core.js";
import { ofDocument } from "./dom.js";
import { guard } from "./guard.js";

guard(() => {
  const { src, dataset } = ofDocument("currentScript");
  // Reading each option from the attributes would take longer than all else here.
  install(src, { ...dataset });
})();
