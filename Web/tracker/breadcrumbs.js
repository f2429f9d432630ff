// The last steps before an error: routes and clicks, from when the details have arrived. Requests are read from the browser's own
// entries when an error occurs.

import { timestamp } from "./guard.js";
import { BREADCRUMBS_MAX } from "./limits.js";

/** The last steps, oldest first. @type {{type: string, at: string, text: string}[]} */
export let breadcrumbs = [];

/** @param {"route" | "click"} type @param {string} text */
export const addBreadcrumb = (type, text) =>
  breadcrumbs = [...breadcrumbs, { type, at: timestamp(), text }].slice(-BREADCRUMBS_MAX);
