// For workers that are modules: import collector from "https://collect.example/collector-worker.mjs";

import { openWorker } from "./worker.js";

export default openWorker(import.meta.url);
