import assert from "node:assert/strict";
import { chipText, encodeFilters, operatorsOf, parseFilters, withFilter, withValue } from "../../Web/owner/filters.js";
import { FILTER_VALUES_MAX, FILTERS_MAX } from "../../Web/kit/contract.js";

const filter = (
  /** @type {string} */ operator,
  /** @type {string} */ dimension,
  /** @type {string[]} */ ...values
) => ({
  ...{ operator, dimension, values },
});

Deno.test("filters come back from the address as they were put there", () => {
  const list = [
    filter("is", "browser", "Chrome", "Edge"),
    filter("contains_not", "path", "/blog"),
    filter("is", "property:plan", "pro"),
    filter("is", "campaign", ""),
  ];
  assert.equal(
    encodeFilters(list),
    '[["is","browser",["Chrome","Edge"]],["contains_not","path",["/blog"]],["is","property:plan",["pro"]],["is","campaign",[""]]]',
  );
  assert.deepEqual(parseFilters(encodeFilters(list)), list);
  assert.equal(encodeFilters([]), "");
});

Deno.test("invalid filters in an address are ignored", () => {
  for (const text of [null, "", "{", "{}", "7", '["is"]', '[["is","browser"]]', '[["is","browser",[]]]']) {
    assert.deepEqual(parseFilters(text), [], String(text));
  }
  const hostile = [
    ["like", "browser", ["a"]],
    ["constructor", "browser", ["a"]],
    ["is", "__proto__", ["a"]],
    ["is", "property:", ["a"]],
    ["is", "browser", [7]],
    ["is_not", "event", ["a"]],
    ["contains", "property:plan", ["a"]],
    ["is", "device", ["Mobile"]],
  ];
  assert.deepEqual(parseFilters(JSON.stringify(hostile)), [filter("is", "device", "Mobile")]);
});

Deno.test("filters and values are as many as the server takes", () => {
  const many = Array.from({ length: 99 }, (_, index) => ["is", "path", [`/${index}`]]);
  assert.equal(parseFilters(JSON.stringify(many)).length, FILTERS_MAX);
  const values = Array.from({ length: 99 }, (_, index) => `/${index}`);
  assert.equal(parseFilters(JSON.stringify([["is", "path", values]]))[0].values.length, FILTER_VALUES_MAX);
});

Deno.test("a value that is chosen in a list replaces the one chosen before, and leaves other filters", () => {
  const list = [filter("contains", "path", "/b"), filter("is", "path", "/blog"), filter("is", "device", "Mobile")];
  assert.deepEqual(withValue(list, "path", "/b/2"), [list[0], filter("is", "path", "/b/2"), list[2]]);
  assert.deepEqual(withValue(list, "browser", "(none)"), [...list, filter("is", "browser", "(none)")]);
});

Deno.test("a filter that is edited stays where it was, and none is there twice", () => {
  const list = [filter("is", "path", "/a"), filter("is", "device", "Mobile")];
  assert.deepEqual(withFilter(list, filter("is_not", "path", "/a"), 0), [filter("is_not", "path", "/a"), list[1]]);
  assert.deepEqual(withFilter(list, filter("is", "device", "Mobile")), list);
  assert.deepEqual(withFilter(list, filter("is", "device", "Mobile"), 0), [list[1]]);
});

Deno.test("a chip has the property, the operator and the first values", () => {
  assert.deepEqual(chipText(filter("is_not", "browser", "Chrome", "Edge")), {
    ...{ label: "Browser is not", values: "Chrome or Edge" },
  });
  assert.deepEqual(chipText(filter("contains", "path", "/a", "/b", "/c", "/d")).values, "/a or /b or 2 more");
  assert.deepEqual(chipText(filter("is", "property:plan", "pro")).label, "Property plan is");
  assert.deepEqual(chipText(filter("is", "campaign", "")).values, "(none)");
  assert.deepEqual(chipText(filter("is", "visitor", "v_0193aabbccddeeff")).values, "…aabbccddeeff".slice(0, 13));
});

Deno.test("every dimension has the operators that the server answers", () => {
  assert.deepEqual(["path", "event", "issue", "visitor", "property:plan"].map((name) => operatorsOf(name).length), [
    ...[6, 3, 3, 1, 1],
  ]);
});
