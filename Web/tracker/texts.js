// Texts without what identifies a person.

import { clean, EMAIL } from "./addresses.js";
import { cut } from "./guard.js";

const ADDRESS = /\b(?:https?|wss?|ftp|file|blob|data):[^\s"<>]+/gi;

/** A text with every address in it cleaned. @param {any} text @param {number} [max] characters */
export const cleanText = (text, max) => cut(text, max).replace(ADDRESS, clean).replace(EMAIL, ":address");
