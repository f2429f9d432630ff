import assert from "node:assert/strict";
import { ask, onUnknownZone, RequestError } from "../../Web/owner/api.js";
import { withGlobals } from "./support.js";

const documentOf = { baseURI: "http://collector.example/insight" };

/** What a reportQuery comes to when the server answers so. @param {() => Response} answer @param {any} [parameters] */
async function asked(answer, parameters = {}) {
  /** @type {any} */
  let found;
  await withGlobals({ document: documentOf }, async () => {
    const { fetch } = globalThis;
    globalThis.fetch = () => Promise.resolve(answer());
    try {
      found = await ask("overview", parameters).catch((error) => error);
    } finally {
      globalThis.fetch = fetch;
    }
  });
  return found;
}

Deno.test("a response that is not JSON is an error", async () => {
  assert.deepEqual(await asked(() => new Response('{"visitors": 3}')), { visitors: 3 });
  for (const text of ["<html>", '{"visitors": ', ""]) {
    const error = await asked(() => new Response(text));
    assert.ok(error instanceof RequestError, text);
    assert.match(error.message, /response/);
  }
  const busy = await asked(() => new Response("<html>Bad gateway", { status: 502 }));
  assert.deepEqual([busy.status, busy.message], [502, "The server responded with status 502."]);
  const narrow = await asked(() => new Response('{"message": "Too long"}', { status: 422 }));
  assert.deepEqual([narrow.status, narrow.message], [422, "Too long"]);
});

Deno.test("an answer that names an unknown zone is reported with the zone, and no other is", async () => {
  /** @type {string[]} */
  const unknown = [];
  onUnknownZone((zone) => unknown.push(zone));
  const refused = (/** @type {string} */ message, status = 400) => () =>
    new Response(JSON.stringify({ message }), { status });
  const zone = "Asia/Calcutta";
  await asked(refused("range must be 24h, 7d, 30d, 90d, today or yesterday"), { zone });
  await asked(refused("zone must be an IANA time zone, such as Europe/Berlin", 503), { zone });
  await asked(refused("zone must be an IANA time zone, such as Europe/Berlin"));
  assert.deepEqual(unknown, []);
  const error = await asked(refused("zone must be an IANA time zone, such as Europe/Berlin"), { zone });
  assert.equal(error.status, 400);
  await asked(refused("The server has no time zone data: install tzdata"), { zone: "Europe/Kiev" });
  assert.deepEqual(unknown, [zone, "Europe/Kiev"]);
});
