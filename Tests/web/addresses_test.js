import assert from "node:assert/strict";
import { clean, cleanParameters, setScrub } from "../../Web/tracker/addresses.js";
import { cleanText } from "../../Web/tracker/texts.js";

const TOKEN = "3f9a0b1c2d4e5f60718293a4b5c6d7e8f9012345";

Deno.test("queries, fragments and user info of an address are dropped", () => {
  for (
    const [url, expected] of [
      ["https://shop.example/a?secret=1#part", "https://shop.example/a"],
      ["https://user:secret@shop.example/a", "https://shop.example/a"],
      ["https://user@with@signs@shop.example:8080/", "https://shop.example:8080/"],
      ["//user:secret@shop.example/a", "//shop.example/a"],
      ["/a;jsessionid=0A1B2C/b?c", "/a/b"],
      ["/path#access_token=x", "/path"],
      ["shop.example/a?b", "shop.example/a"],
      ["", ""],
      [null, ""],
    ]
  ) assert.equal(clean(url), expected, String(url));
});

Deno.test("an address without a host is its scheme", () => {
  for (
    const [url, expected] of [
      ["data:text/html,<p>secret</p>", "data:"],
      ["blob:https://shop.example/550e8400", "blob:"],
      ["javascript:alert(1)", "javascript:"],
      ["mailto:jane@example.com", "mailto:"],
      ["about:srcdoc", "about:"],
    ]
  ) assert.equal(clean(url), expected);
  assert.equal(clean("file:///home/jane/a.html"), "file:///home/jane/a.html");
});

Deno.test("path segments that look like tokens, e-mail addresses or long numbers are replaced", () => {
  for (
    const [path, expected] of [
      [`/reset/${TOKEN}`, "/reset/:id"],
      ["/u/550e8400-e29b-41d4-a716-446655440000/edit", "/u/:id/edit"],
      ["/t/Zx81k2Lm99aPq7R3", "/t/:id"],
      ["/j/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "/j/:id"],
      ["/u/jane@example.com", "/u/:address"],
      ["/u/jane%40example.com/mail", "/u/:address/mail"],
      ["/call/+49 (170) 123-45-67", "/call/:id"],
      ["/ssn/078-05-1120", "/ssn/:id"],
      ["/order/123456789", "/order/:id"],
      ["/call/0171%20123%204567", "/call/:id"],
      ["/call/%2B491711234567", "/call/:id"],
      ["/reset/3f9aB7c2d8E1f4a6b9c0%3D%3D", "/reset/:id"],
    ]
  ) assert.equal(clean(path), expected);
});

Deno.test("names of pages stay as they are", () => {
  for (
    const path of [
      "/",
      "/blog/2026-11-28/how-to-install-swift-6-on-debian-12",
      "/wiki/2024_United_States_presidential_election",
      "/article/12345678.html",
      "/@jane",
      "/static/main.3f9a8c7b.js",
      "/JavaScriptCoreFramework",
      "/products/42/reviews",
      "/straße/große-übersicht",
      "/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF",
    ]
  ) assert.equal(clean(path), path);
});

Deno.test("values of a query that is a part of the route are cleaned, and secrets replaced by their names", () => {
  assert.equal(cleanParameters("?page=2&sort=name"), "?page=2&sort=name");
  assert.equal(cleanParameters("#access_token=x&state=1"), "#access_token=:hidden&state=1");
  assert.equal(cleanParameters(`?next=${TOKEN}&user_email=a`), "?next=:id&user_email=:hidden");
  assert.equal(cleanParameters("#/users/jane@example.com"), "#/users/:address");
  assert.equal(cleanParameters("?flag"), "?flag");
  assert.equal(cleanParameters("?redirect=https%3A%2F%2Fs%2F%3Ftoken%3Dabc123"), "?redirect=:hidden");
  assert.equal(cleanParameters(""), "");
});

Deno.test("addresses within a text are cleaned", () => {
  assert.equal(
    cleanText("Failed to load 'https://u:p@shop.example/a?token=1' for jane@example.com."),
    // What follows the query up to a space may be a part of it.
    "Failed to load 'https://shop.example/a for :address",
  );
  assert.equal(cleanText("a https://shop.example/Customers('A')?token=1 b"), "a https://shop.example/Customers('A') b");
  assert.equal(cleanText("https://shop.example/a?filter[user]=jane&token=1 b"), "https://shop.example/a b");
  assert.equal(cleanText("BUTTON#b.onclick"), "BUTTON#b.onclick");
  assert.equal(cleanText("TypeError: x is not a function"), "TypeError: x is not a function");
});

Deno.test("the site's rule decides which part of an address is sent", () => {
  try {
    setScrub((/** @type {string} */ url) => url.replace(/\/private\/.*/, "/private"));
    assert.equal(clean("https://u:p@shop.example/private/a?b#c"), "https://shop.example/private");
    assert.equal(clean("https://shop.example/a?page=2"), "https://shop.example/a?page=2");
    // One that fails leaves the defaults.
    setScrub(() => {
      throw new Error("no");
    });
    assert.equal(clean("https://shop.example/a?page=2"), "https://shop.example/a");
    setScrub(() => 7);
    assert.equal(clean("https://shop.example/a?page=2"), "https://shop.example/a");
  } finally {
    setScrub(undefined);
  }
});

Deno.test("a long address costs bounded time and is cut", () => {
  assert.equal(clean("https://shop.example/" + "a".repeat(1e6)).length, 300);
  assert.equal(clean("/" + "a@".repeat(1e6)).length, 300);
  assert.ok(cleanText("a@".repeat(1e6)).length <= 300);
});
