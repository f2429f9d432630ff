// The Raw Data tab: the submission, the server response, all events, and all errors so far.

import { copy, showResult } from "../kit/clipboard.js";
import { badge, h, isolated, setText, table } from "../kit/dom.js";
import { errors } from "./errors.js";
import { bytes, milliseconds } from "../kit/format.js";
import { byteLength } from "./payload.js";
import { indented, showJSON } from "../kit/json.js";

/** @typedef {import("./transport.js").Delivery} Delivery */

const RESPONSE_SHOWN_MAX = 20000;
const TONES = /** @type {Record<Delivery["state"], "good" | "fair" | "poor" | "plain">} */ ({
  unsent: "plain",
  sending: "plain",
  stored: "good",
  queued: "plain",
  refused: "poor",
  failed: "poor",
});

const clock = (/** @type {string} */ iso) => new Date(iso).toLocaleTimeString([], { hour12: false });

/**
 * @param {string} id
 * @param {string} title
 * @param {string} width
 * @param {...HTMLElement} actions
 */
function card(id, title, width, ...actions) {
  const note = h("span", { class: "note" });
  const body = h("div", { class: "body" });
  const head = h("div", { class: "head" }, h("h2", { text: title }), note, h("span", { class: "space" }), ...actions);
  return { note, body, element: h("section", { class: `card ${width}`, id: `card-${id}` }, head, body) };
}

/** @param {string} id @param {string} label */
const jsonBlock = (id, label) => h("pre", { class: "json", id, tabindex: "0", role: "region", "aria-label": label });

/** @param {string} name @param {string} text */
function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** @param {Delivery} delivery */
const stateBadge = ({ status, state }) => badge(status === null ? state : `${status} ${state}`, TONES[state]);

/** @typedef {ReturnType<typeof card>} Card */

/**
 * The submission, with buttons that copy and download it.
 *
 * @param {() => string} current the JSON text that was or will be sent
 */
function submissionCard(current) {
  const copyButton = h("button", { type: "button", class: "button", id: "copy-json", text: "Copy" });
  const downloadButton = h("button", { type: "button", class: "button", id: "download-json", text: "Download" });
  const { note, body, element } = card("payload", "Submission", "wide", copyButton, downloadButton);
  const block = jsonBlock("payload-json", "The JSON that is sent");
  body.append(block);

  async function copyNow() {
    const isCopied = await copy(indented(current()));
    showResult(copyButton, isCopied ? "Copied" : "Couldn't copy");
  }
  copyButton.addEventListener("click", copyNow);
  downloadButton.addEventListener("click", () => {
    const text = current();
    download(`collector-${JSON.parse(text).pageview_id}.json`, indented(text));
  });

  /** @param {Delivery | undefined} sent what was posted to /collect @param {boolean} isHeld whether it waits for the visitor */
  function show(sent, isHeld) {
    const text = sent?.text ?? current();
    const size = bytes(byteLength(text));
    const unsent = `${isHeld ? "not sent" : "will be sent"}, ${size} so far`;
    setText(note, sent ? `sent at ${clock(sent.at)}, ${size}` : unsent);
    showJSON(block, text);
  }
  return { element, copyNow, show };
}

function responseCard() {
  const { note, body, element } = card("response", "Server response", "third");
  const block = jsonBlock("response-json", "The server response");
  body.append(h("p", { class: "empty", text: "Nothing has been sent yet." }));

  /** @param {Delivery | undefined} sent */
  function show(sent) {
    if (!sent) return;
    note.replaceChildren(stateBadge(sent), sent.took === null ? "" : ` in ${milliseconds(sent.took)}`);
    if (sent.by === "beacon") {
      body.replaceChildren(
        h("p", { class: "empty" }, h("b", { text: "Sent as the page was hidden" }), "A beacon has no response."),
      );
    } else if (sent.response !== null) {
      const isWhole = sent.response.length <= RESPONSE_SHOWN_MAX;
      showJSON(block, isWhole ? sent.response : indented(sent.response).slice(0, RESPONSE_SHOWN_MAX) + "\n…");
      body.replaceChildren(block);
    }
  }
  return { element, show };
}

/** @param {Card} events @param {Delivery[]} deliveries @param {boolean} areOn */
function showEvents({ note, body }, deliveries, areOn) {
  const shown = deliveries.filter((delivery) => delivery.kind === "event");
  setText(note, areOn ? `${shown.length} of this page view, in sequence` : "turned off on this server");
  if (shown.length === 0) {
    const why = areOn ? "None yet." : "COLLECTOR_EVENTS_ENABLED is off: only the submission is sent.";
    body.replaceChildren(h("p", { class: "empty", text: why }));
    return;
  }
  const rows = shown.map((delivery) => [
    String(delivery.seq),
    h("b", { text: delivery.type }),
    clock(delivery.at),
    bytes(delivery.bytes),
    delivery.by,
    stateBadge(delivery),
    delivery.took === null ? "–" : milliseconds(delivery.took),
  ]);
  const columns = ["Seq", "Type", "Time", "Size", "Sent by", "State", "Duration"];
  body.replaceChildren(table(columns, rows, "Events of this page view"));
}

/** @param {Card} card */
function showErrors({ note, body }) {
  const total = errors.reduce((sum, error) => sum + error.count, 0);
  setText(note, total ? `${total} captured` : "scripts, promises, resources and policy");
  body.replaceChildren(
    total ? h("ul", { class: "errors", id: "errors" }, ...errors.map(errorItem)) : h(
      "p",
      { class: "empty" },
      h("b", { text: "No errors" }),
      "Errors of this page appear here with stack and time.",
    ),
  );
}

/**
 * @param {HTMLElement} panel
 * @param {() => string} current the JSON text that was or will be sent
 */
export function createRaw(panel, current) {
  const submission = submissionCard(current);
  const response = responseCard();
  const events = card("events", "Events", "full");
  const failures = card("errors", "Errors", "full");
  panel.append(submission.element, response.element, events.element, failures.element);
  return {
    copyNow: submission.copyNow,
    showSubmission: submission.show,
    showResponse: response.show,
    /** @param {Delivery[]} deliveries @param {boolean} areOn */
    showEvents: (deliveries, areOn) => showEvents(events, deliveries, areOn),
    showErrors: () => showErrors(failures),
  };
}

/** @param {import("./errors.js").Seen} error */
function errorItem(error) {
  const position = error.lineno ? `:${error.lineno}:${error.colno}` : "";
  return h(
    "li",
    { "data-kind": error.kind },
    h(
      "div",
      { class: "head" },
      badge(error.kind, "poor"),
      h("b", { class: "message", text: error.message }),
      error.count > 1 ? h("span", { class: "note", text: `${error.count} times` }) : null,
      h("span", { class: "space" }),
      h("time", { class: "note", datetime: error.timestamp, text: clock(error.timestamp) }),
    ),
    error.source ? h("code", { class: "position" }, isolated(error.source), position) : null,
    error.stack ? h("pre", { class: "stack", tabindex: "0", text: error.stack }) : null,
  );
}
