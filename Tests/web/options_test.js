import assert from "node:assert/strict";
import { clean, setScrub } from "../../Web/tracker/addresses.js";
import { withGlobals } from "./support.js";

let pages = 0;

/** The options of a page, as it is given to them. @param {any[]} given one after the other @returns {Promise<any>} */
async function changed(...given) {
  /** @type {any} */
  let module;
  await withGlobals({ location: { hostname: "shop.example" } }, async () => {
    module = await import(`../../Web/tracker/options.js?${pages++}`);
  });
  given.forEach(module.changeOptions);
  return module.options;
}

Deno.test("a site is called by its host", async () => {
  const options = await changed();
  assert.equal(options.site, "shop.example");
  assert.equal(options.fingerprint, false);
});

Deno.test("attribute values are parsed from text", async () => {
  const options = await changed({
    sample: "0.25",
    fingerprint: "",
    hash: "false",
    user: '{"plan":"pro"}',
    consent: "required",
    endpoint: "https://collect.example/events",
  });
  assert.equal(options.sample, 0.25);
  assert.equal(options.fingerprint, true);
  assert.equal(options.hash, false);
  assert.deepEqual(options.user, { plan: "pro" });
  assert.equal(options.consent, "required");
  assert.equal(options.endpoint, "https://collect.example/events");
});

Deno.test("values of a call keep their types, and omitted ones are unchanged", async () => {
  const options = await changed({ sample: "0.25", requests: "" }, {
    fingerprint: true,
    sample: undefined,
    user: { plan: "pro" },
    release: null,
  });
  assert.deepEqual(
    [options.fingerprint, options.sample, options.requests, options.user, options.release],
    [true, 0.25, true, { plan: "pro" }, ""],
  );
});

Deno.test("an invalid option is ignored alone, and an unknown one has no effect", async () => {
  const options = await changed({ sample: "half", user: "{", release: "1.2", unknown: "x" });
  assert.equal(options.sample, 1);
  assert.deepEqual(options.user, {});
  assert.equal(options.release, "1.2");
  assert.equal("unknown" in options, false);
});

Deno.test("the owner's rule for addresses is taken, and is no option", async () => {
  try {
    const options = await changed({ scrub: () => "/hidden" });
    assert.equal(clean("https://shop.example/a"), "/hidden");
    assert.equal("scrub" in options, false);
  } finally {
    setScrub(undefined);
  }
});

Deno.test("modules measure that are named", async () => {
  await withGlobals({ location: { hostname: "shop.example" } }, async () => {
    const { changeOptions, has } = await import("../../Web/tracker/options.js?modules");
    assert.equal(has("vitals"), true);
    changeOptions({ modules: "errors" });
    assert.deepEqual([has("vitals"), has("errors")], [false, true]);
  });
});
