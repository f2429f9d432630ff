// Links that lead to another site or to a file.

import { clean } from "./addresses.js";
import { listen } from "./guard.js";

const DOWNLOADS = /\.(7z|apk|csv|deb|dmg|docx?|exe|gz|iso|mp[34]|msi|pdf|pkg|pptx?|rpm|tar|txt|xlsx?|xz|zip)$/i;

/** @param {(type: "outbound" | "download", payload: {url: string}) => void} found */
export const watchLinks = (found) =>
  listen("click auxclick", (event) => {
    const link = event.composedPath().find((/** @type {any} */ node) => node instanceof HTMLAnchorElement);
    if (!/^http/.test(link?.protocol) || event.button > 1) return;
    const isFile = link.hasAttribute("download") || DOWNLOADS.test(link.pathname);
    if (isFile || link.host !== location.host) found(isFile ? "download" : "outbound", { url: clean(link.href) });
  });
