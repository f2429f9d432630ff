// The ES module: import collector from "https://collect.example/collector.mjs";

import { install } from "./core.js";

export default install(import.meta.url, {});
