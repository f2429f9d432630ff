import assert from "node:assert/strict";
import { actionWords, actorWords } from "../../Web/owner/change-words.js";

Deno.test("an action of the audit log is a sentence", () => {
  assert.equal(actionWords("POST /api/goals"), "Goal added");
  assert.equal(actionWords("PUT /api/alert-rules/{id}"), "Alert rule changed");
  assert.equal(actionWords("DELETE /api/tokens/{id}"), "API token revoked");
  assert.equal(actionWords("rebuild"), "Rollups rebuilt");
});

Deno.test("an action of a later version is shown as it is", () => {
  assert.equal(actionWords("POST /api/new-things"), "POST /api/new-things");
  assert.equal(actionWords("later"), "later");
});

Deno.test("an actor is the owner, a token or a command", () => {
  assert.equal(actorWords({ actor: "owner", actor_name: null }), "owner");
  assert.equal(actorWords({ actor: "token", actor_name: "CI" }), "API token CI");
  assert.equal(actorWords({ actor: "command", actor_name: "rebuild" }), "collector rebuild");
});
