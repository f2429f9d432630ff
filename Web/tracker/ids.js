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
 * A UUID of version 7 (RFC 9562): 32 hexadecimal digits in five groups. It begins with the time, which keeps database indexes compact.
 *
 * @param {number} [now] milliseconds since 1970
 * @param {string} [separator] of the groups
 */
export const uuid7 = (now = epochMs(), separator = "") => {
  const time = hex(now, 12);
  const [version, variant, ...last] = [...crypto.getRandomValues(new Uint16Array(5))].map((word, index) =>
    // The version in four bits of the first word, the variant in two of the second.
    hex(word >> [4, 2][index] | [0x7000, 0x8000][index], 4)
  );
  return [time.slice(0, 8), time.slice(8), version, variant, last.join("")].join(separator);
};

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
  const [, visitor, session, stored] = /^(v_[0-9a-f]{32}) (s_[0-9a-f]{32}) (\d+)$/.exec(read(IDS_KEY) ?? "") ?? [];
  const isActive = Math.min(Math.abs(now - +stored), Math.abs(now - active)) < SESSION_IDLE_MS;
  ids = { visitor_id: visitor ?? "v_" + uuid7(now), session_id: isActive && session || "s_" + uuid7(now) };
  active = looked = now;
  write(IDS_KEY, `${ids.visitor_id} ${ids.session_id} ${now}`);
  return ids;
};

/** Shares with other pages an activity since the last look. A page that was visible until now was active until now. */
export const shareActivity = (now = epochMs()) => {
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
