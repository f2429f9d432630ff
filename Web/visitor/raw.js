// The Raw Data tab: what is sent, what the server says to it, every event, and every error so far.

import { copy } from "../kit/clipboard.js";
import { badge, h, isolated, setText, table } from "../kit/dom.js";
import { errors } from "./errors.js";
import { bytes, milliseconds } from "../kit/format.js";
import { indented, showJSON } from "../kit/json.js";

/** @typedef {import("./transport.js").Delivery} Delivery */

const ANSWER_SHOWN_MAX = 20000;
const FEEDBACK_MS = 1500;
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

/**
 * @param {HTMLElement} panel
 * @param {() => string} current the JSON text that was or will be sent
 */
export function createRaw(panel, current) {
  const copyButton = h("button", { type: "button", class: "button", id: "copy-json", text: "Copy" });
  const downloadButton = h("button", { type: "button", class: "button", id: "download-json", text: "Download" });
  const payload = card("payload", "Submission", "wide", copyButton, downloadButton);
  const answer = card("answer", "Server's answer", "third");
  const events = card("events", "Events", "full");
  const failures = card("errors", "Errors", "full");
  const payloadText = jsonBlock("payload-json", "The JSON that is sent");
  const answerText = jsonBlock("answer-json", "The server's answer");
  payload.body.append(payloadText);
  answer.body.append(h("p", { class: "empty", text: "Nothing has been sent yet." }));
  panel.append(payload.element, answer.element, events.element, failures.element);

  async function copyNow() {
    const isCopied = await copy(indented(current()));
    setText(copyButton, isCopied ? "Copied" : "Could not copy");
    setTimeout(() => setText(copyButton, "Copy"), FEEDBACK_MS);
  }
  copyButton.addEventListener("click", copyNow);
  downloadButton.addEventListener("click", () => {
    const text = current();
    download(`collector-${JSON.parse(text).pageview_id}.json`, indented(text));
  });

  return {
    copyNow,
    /** @param {Delivery | undefined} sent what was posted to /collect @param {boolean} isHeld whether it waits for the visitor */
    showPayload(sent, isHeld) {
      const text = sent?.text ?? current();
      const size = bytes(new TextEncoder().encode(text).length);
      const unsent = `${isHeld ? "not sent" : "will be sent"}, ${size} so far`;
      setText(payload.note, sent ? `sent at ${clock(sent.at)}, ${size}` : unsent);
      showJSON(payloadText, text);
    },
    /** @param {Delivery | undefined} sent */
    showAnswer(sent) {
      if (!sent) return;
      const mark = badge(sent.status === null ? sent.state : `${sent.status} ${sent.state}`, TONES[sent.state]);
      answer.note.replaceChildren(mark, sent.took === null ? "" : ` in ${milliseconds(sent.took)}`);
      if (sent.by === "beacon") {
        answer.body.replaceChildren(
          h("p", { class: "empty" }, h("b", { text: "Sent as the page was hidden" }), "A beacon has no answer."),
        );
      } else if (sent.answer !== null) {
        const isWhole = sent.answer.length <= ANSWER_SHOWN_MAX;
        showJSON(answerText, isWhole ? sent.answer : indented(sent.answer).slice(0, ANSWER_SHOWN_MAX) + "\n…");
        answer.body.replaceChildren(answerText);
      }
    },
    /** @param {Delivery[]} deliveries @param {boolean} areOn */
    showEvents(deliveries, areOn) {
      const shown = deliveries.filter((delivery) => delivery.kind === "event");
      setText(events.note, areOn ? `${shown.length} of this view, in sequence` : "turned off on this server");
      if (shown.length === 0) {
        const why = areOn ? "None yet." : "COLLECTOR_EVENTS_ENABLED is off: only the submission is sent.";
        events.body.replaceChildren(h("p", { class: "empty", text: why }));
        return;
      }
      const rows = shown.map((delivery) => [
        String(delivery.seq),
        h("b", { text: delivery.type }),
        clock(delivery.at),
        bytes(delivery.bytes),
        delivery.by,
        badge(
          delivery.status === null ? delivery.state : `${delivery.status} ${delivery.state}`,
          TONES[delivery.state],
        ),
        delivery.took === null ? "–" : milliseconds(delivery.took),
      ]);
      const columns = ["Seq", "Type", "Time", "Size", "By", "State", "Took"];
      events.body.replaceChildren(table(columns, rows, "Events of this view"));
    },
    showErrors() {
      const total = errors.reduce((sum, error) => sum + error.count, 0);
      setText(failures.note, total ? `${total} captured` : "scripts, promises, resources and policy");
      if (total === 0) {
        failures.body.replaceChildren(
          h(
            "p",
            { class: "empty" },
            h("b", { text: "Nothing has failed" }),
            "Errors of this page appear here with stack and time.",
          ),
        );
        return;
      }
      failures.body.replaceChildren(h("ul", { class: "errors", id: "errors" }, ...errors.map(errorItem)));
    },
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
    error.source ? h("code", { class: "place" }, isolated(error.source), position) : null,
    error.stack ? h("pre", { class: "stack", tabindex: "0", text: error.stack }) : null,
  );
}
