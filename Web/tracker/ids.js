// Ids of the visitor, of the session, and of page views. A session ends after 30 minutes without activity.

import { hex } from "../kit/hex.js";
import { epochMs } from "./guard.js";
import { SESSION_IDLE_MS } from "./limits.js";
import { read, remove, write } from "./storage.js";

/** Key of the visitor's id, the session's id, and the time of the session's last activity in milliseconds since 1970. */
export const IDS_KEY = "collector.ids";
/** Time after which the storage is looked into again. */
const LOOK_MS = 60_000;

/**
 * A UUID of version 7 (RFC 9562): 32 hexadecimal digits in five groups. It begins with the time, which keeps database indexes compact,
 * and has 72 random bits.
 *
 * @param {string} [separator] of the groups
 * @param {number} [now] milliseconds since 1970
 */
export const uuid7 = (separator = "", now = epochMs()) =>
  [now, ...crypto.getRandomValues(new Uint16Array(5))]
    .map((value, index) => hex(value, index ? 4 : 12))
    .join("")
    // 7 is the version, 8 the variant.
    .replace(/(.{8})(.{4}).(...).(...)/, "$1-$2-7$3-8$4-".replaceAll("-", separator));

/** The ids as this page knows them. @type {{visitor_id: string, session_id: string} | undefined} */
export let ids;
/** Times of the last activity and of the last look into the storage. */
let [active, looked] = [0, 0];

/** The ids of visitor and session; reading them counts as activity. @param {number} now milliseconds since 1970 */
export const activeIds = (now = epochMs()) => {
  // A look into the storage is slow.
  if (ids && Math.abs(now - looked) < LOOK_MS) {
    active = now;
    return ids;
  }
  const [, visitor, session, stored] =
    /^(v_[\da-f]{32}) (s_[\da-f]{32}) (\d+)$/.exec(/** @type {any} */ (read(IDS_KEY))) ?? [];
  const isActive = Math.min(Math.abs(now - +stored), Math.abs(now - active)) < SESSION_IDLE_MS;
  ids = { visitor_id: visitor ?? "v_" + uuid7(), session_id: isActive && session || "s_" + uuid7() };
  active = looked = now;
  write(IDS_KEY, `${ids.visitor_id} ${ids.session_id} ${now}`);
  return ids;
};

/**
 * Shares with other pages an activity since the last look. A page that was visible until now was active until now.
 *
 * @param {number} [now]
 */
export const shareActivity = (now) => {
  if (active === looked) return;
  looked = 0;
  activeIds(now);
};

/** Forgets the ids. */
export const forgetIds = () => {
  ids = undefined;
  active = 0;
  remove(IDS_KEY);
};

export const pageviewId = () => "p_" + uuid7();
