// Who is looking: a visitor for as long as the browser remembers, a session until 30 minutes of silence, a page view each time.

import { read, write } from "./storage.js";

/** The visitor's id, the session's, and when the session was last active in milliseconds since 1970; shared by tabs. */
export const IDS_KEY = "collector.ids";
const SESSION_IDLE_MS = 30 * 60 * 1000;

/** @param {number} value @param {number} digits */
const hex = (value, digits) => value.toString(16).padStart(digits, "0");

/** A UUID of version 7 (RFC 9562) as 32 hexadecimal digits: time first, so that a database index stays cheap. */
export const uuid7 = (now = Date.now()) => {
  const [version, variant, ...rest] = crypto.getRandomValues(new Uint16Array(5));
  const words = [version & 0xfff | 0x7000, variant & 0x3fff | 0x8000, ...rest];
  return hex(now, 12) + words.map((word) => hex(word, 4)).join("");
};

/** @param {string} digits 32 of them */
export const hyphenated = (digits) => digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/**
 * The ids of visitor and session; asking for them is activity.
 *
 * @param {number} now milliseconds since 1970
 */
export const activeIds = (now = Date.now()) => {
  const [, visitor, session, active] = /^(v_[0-9a-f]{32}) (s_[0-9a-f]{32}) (\d+)$/.exec(read(IDS_KEY) ?? "") ?? [];
  const ids = {
    visitor_id: visitor ?? "v_" + uuid7(now),
    session_id: Math.abs(now - +active) < SESSION_IDLE_MS ? session : "s_" + uuid7(now),
  };
  write(IDS_KEY, `${ids.visitor_id} ${ids.session_id} ${now}`);
  return ids;
};

export const pageviewId = () => "p_" + uuid7();
