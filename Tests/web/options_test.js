import assert from "node:assert/strict";
import { changeOptions, defaultOptions } from "../../Web/tracker/options.js";
import { withGlobals } from "./support.js";

/** @param {Record<string, any>} given */
function changed(given) {
  /** @type {any} */
  let options;
  withGlobals({ location: { hostname: "shop.example" } }, () => options = defaultOptions("https://collect.example/"));
  changeOptions(options, given);
  return options;
}

Deno.test("events go beside the script, and the site is called by its host", () => {
  const options = changed({});
  assert.equal(options.endpoint, "https://collect.example/events");
  assert.equal(options.site, "shop.example");
  assert.equal(options.fingerprint, false);
});

Deno.test("attributes are text and mean what they say", () => {
  const options = changed({
    sample: "0.25",
    fingerprint: "",
    hash: "false",
    user: '{"plan":"pro"}',
    consent: "required",
  });
  assert.equal(options.sample, 0.25);
  assert.equal(options.fingerprint, true);
  assert.equal(options.hash, false);
  assert.deepEqual(options.user, { plan: "pro" });
  assert.equal(options.consent, "required");
});

Deno.test("one that cannot be read changes nothing and spares the others; one that is not known is none", () => {
  const options = changed({ sample: "half", user: "{", release: "1.2", unknown: "x" });
  assert.equal(options.sample, 1);
  assert.deepEqual(options.user, {});
  assert.equal(options.release, "1.2");
  assert.equal("unknown" in options, false);
});
