// Who is looking: a visitor for as long as the browser remembers, a session until 30 minutes of silence, a page view each time.
// Storage may be blocked or throw; then what is known lives as long as the page.

const VISITOR_KEY = "collector.visitor_id";
const SESSION_KEY = "collector.session_id";
/** When the session was last active, in milliseconds since 1970. */
const ACTIVITY_KEY = "collector.session_active";
const SESSION_IDLE_MS = 30 * 60 * 1000;

/** @type {Map<string, string>} */
const memory = new Map();

/**
 * @param {string} key
 * @returns {string | null}
 */
function read(key) {
  for (const storage of storages()) {
    try {
      const value = storage().getItem(key);
      if (value !== null) return value;
    } catch {
      // Blocked: try the next one.
    }
  }
  return memory.get(key) ?? null;
}

/**
 * @param {string} key
 * @param {string} value
 */
function write(key, value) {
  memory.set(key, value);
  for (const storage of storages()) {
    try {
      storage().setItem(key, value);
      return;
    } catch {
      // Blocked or full: try the next one.
    }
  }
}

/** Local storage is shared by tabs; session storage is better than nothing. Even naming one may throw. */
const storages = () => [() => localStorage, () => sessionStorage];

/** A UUID of version 7 (RFC 9562) as 32 hexadecimal digits: time first, so that a database index stays cheap. */
export function uuid7(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = now;
  for (let index = 5; index >= 0; index--) {
    bytes[index] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} hex 32 digits */
export const hyphenated = (hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/** The visitor's id; made at the first visit. */
export function visitorId() {
  const known = read(VISITOR_KEY);
  if (known && /^v_[0-9a-f]{32}$/.test(known)) return known;
  const made = `v_${uuid7()}`;
  write(VISITOR_KEY, made);
  return made;
}

/**
 * The session's id; asking for it is activity.
 *
 * @param {number} now milliseconds since 1970
 */
export function sessionId(now = Date.now()) {
  const known = read(SESSION_KEY) ?? "";
  const isAlive = /^s_[0-9a-f]{32}$/.test(known) && Math.abs(now - Number(read(ACTIVITY_KEY))) < SESSION_IDLE_MS;
  const id = isAlive ? known : `s_${uuid7(now)}`;
  if (!isAlive) write(SESSION_KEY, id);
  write(ACTIVITY_KEY, String(now));
  return id;
}

export const pageviewId = () => `p_${uuid7()}`;
