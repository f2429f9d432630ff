import assert from "node:assert/strict";
import { selector } from "../../Web/tracker/selector.js";
import { defineNodes, dom, element } from "./support.js";

defineNodes();
const { Document, Element, Node } = dom;

Deno.test("a selector has four levels at most, and begins at an id", () => {
  const body = element("body", {}, element("html", {}, new Document()));
  const main = element("main", { class: " content wide" }, body);
  const list = element("ul", {}, main);
  const item = element("li", { class: "entry" }, list);
  assert.equal(selector(body), "html>body");
  assert.equal(selector(item), "body>main.content>ul>li.entry");
  assert.equal(selector(element("a", { id: " buy ", class: "link" }, item)), "a#buy");
  assert.equal(selector(element("b", {}, element("p", { id: "text" }, item))), "p#text>b");
});

Deno.test("a text is attributed to its element", () => {
  const wrap = element("div", { id: "wrap" });
  assert.equal(selector(new Node(wrap)), "div#wrap");
  assert.equal(selector(new Node(element("p", {}, wrap))), "div#wrap>p");
  assert.equal(selector(element("p", {}, wrap)), "div#wrap>p");
  // A text of a shadow root has no element above it, and the document none at all.
  assert.equal(selector(new Node(new Node())), "");
  assert.equal(selector(element("p", {}, new Node())), "p");
  assert.equal(selector(new Document()), "");
  assert.equal(selector(null), "");
});

Deno.test("a level is cut to 60 characters", () => {
  assert.equal(selector(element("p", { id: "x".repeat(1000) })).length, 60);
});

Deno.test("a form whose controls shadow its properties is named correctly", () => {
  class Form extends Element {}
  for (const name of ["id", "localName", "parentNode", "getAttribute", "className"]) {
    Object.defineProperty(Form.prototype, name, { value: element("input", { name }) });
  }
  assert.equal(selector(new Form("form", { id: "order" }, element("body"))), "form#order");
  assert.equal(selector(new Form("form", {}, element("body"))), "body>form");
});
