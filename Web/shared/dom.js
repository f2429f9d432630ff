// Elements without markup: what visitors and browsers say is only ever text.

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties] attributes; `on…` are listeners, `class` and `text` as they sound
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "text") element.textContent = String(value);
    else if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

/**
 * A list of names and values; a value that is unknown says so.
 *
 * @param {[string, any][]} rows
 */
export function facts(rows) {
  const list = h("dl", { class: "facts" });
  for (const [name, value] of rows) {
    const isKnown = value !== undefined && value !== null && value !== "";
    list.append(
      h("dt", { text: name }),
      value instanceof Node
        ? h("dd", {}, value)
        : h("dd", { text: isKnown ? value : "not available", class: isKnown ? "" : "dim" }),
    );
  }
  return list;
}

/**
 * A table.
 *
 * @param {string[]} columns
 * @param {any[][]} rows
 * @param {string} caption for screen readers
 */
export function table(columns, rows, caption) {
  const cell = (/** @type {any} */ value) => value instanceof Node ? h("td", {}, value) : h("td", { text: value });
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "unseen", text: caption }),
      h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col", text: name })))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell)))),
    ),
  );
}

/**
 * A word in a coloured pill; the word carries the meaning, the colour only helps.
 *
 * @param {string} text
 * @param {"good" | "fair" | "poor" | "plain"} tone
 */
export const badge = (text, tone = "plain") => h("span", { class: `badge ${tone}`, text });

/**
 * What stands where a browser has nothing to say.
 *
 * @param {string | null} [reason]
 */
export const unavailable = (reason = null) =>
  h(
    "p",
    { class: "unavailable", title: reason },
    "not available in this browser",
    reason ? h("small", { text: reason }) : null,
  );
