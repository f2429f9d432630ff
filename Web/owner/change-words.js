// Words for the entries of the audit log.

/** Nouns of the routes, by the first part of their path. @type {Record<string, string>} */
const NOUNS = {
  "shares": "share link",
  "tokens": "API token",
  "sessions": "session",
  "segments": "segment",
  "settings": "settings",
  "privacy": "privacy mode",
  "annotations": "note",
  "goals": "goal",
  "funnels": "funnel",
  "issues": "issue",
  "visitors": "visitor",
  "alert-rules": "alert rule",
  "alert-channels": "alert channel",
};

/** Words of the methods. @type {Record<string, string>} */
const VERBS = { POST: "added", PUT: "changed", DELETE: "removed" };

/** Actions with words of their own. @type {Record<string, string>} */
const ACTIONS = {
  "DELETE /api/shares/{id}": "Share link revoked",
  "DELETE /api/tokens/{id}": "API token revoked",
  "DELETE /api/sessions": "All other sessions ended",
  "DELETE /api/sessions/{id}": "Session ended",
  "DELETE /api/visitors/{visitor}": "Erasure of a visitor requested",
  "PUT /api/issues/{id}/merge": "Issue merged",
  "DELETE /api/issues/{id}/merge": "Issue separated",
  "POST /api/alert-rules/{id}/test": "Alert rule tested",
  "POST /api/alert-channels/{id}/test": "Alert channel tested",
  "erase": "Erasure of a visitor requested",
  "rebuild": "Rollups rebuilt",
};

/** @param {string} action such as `POST /api/goals` */
export function actionWords(action) {
  const [method, path = ""] = action.split(" ");
  const noun = NOUNS[path.split("/")[2] ?? ""];
  const known = ACTIONS[action];
  if (known !== undefined) return known;
  if (noun === undefined || VERBS[method] === undefined) return action;
  return `${noun[0].toUpperCase()}${noun.slice(1)} ${VERBS[method]}`;
}

/** @param {{actor: string, actor_name: string | null}} entry */
export function actorWords({ actor, actor_name: name }) {
  if (actor === "token") return `API token ${name}`;
  return actor === "command" ? `collector ${name}` : "owner";
}
