// Notes of the owner and first page views of releases: marks on charts, and the dialog that lists and edits them.

import { color } from "../kit/charts.js";
import { badge, h, setText } from "../kit/dom.js";
import { boundSeconds, bucketEnd, dateValue, localOf, moment, timeText } from "../kit/times.js";
import { shortened, visible } from "../kit/visible.js";
import { ask } from "./api.js";
import { boundOf } from "./range-dialog.js";
import { report } from "./reports.js";
import { siteNames } from "./sites.js";
import { current, rangeQuery, zone } from "./state.js";

/** @typedef {{t: number, text: string, site: string, id: string | null}} Mark without an id: a release */

/** Characters of a text in a tooltip, and texts of one bucket. */
const TEXT_MAX = 60;
const TEXTS_MAX = 4;
const CHANGED = "collector-annotations";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
const dialog = () => /** @type {HTMLDialogElement} */ (byId("annotations"));

/** The id of the note in the form; null for a new one. @type {string | null} */
let editing = null;

/** The marks of the chosen range and site, in the order of their times. @returns {Promise<Mark[]>} */
async function loadMarks() {
  const { annotations, releases } = await report(["annotations", rangeQuery()]);
  return [
    ...annotations,
    ...releases.map((/** @type {any} */ { t, site, release }) => ({ t, site, id: null, text: `Release ${release}` })),
  ].sort((one, other) => one.t - other.t);
}

// Marks on a chart

/**
 * Adds the marks of a chart's buckets, as soon as they are loaded.
 *
 * @param {HTMLElement} frame of the chart @param {number[]} starts of the buckets
 * @param {import("./timeline.js").Range} range @param {() => any} chart null until it is drawn
 */
export function addMarks(frame, starts, { interval, zone, week_start: firstDay }, chart) {
  const list = h("ul", { class: "marks", "aria-label": "Annotations" });
  /** By bucket. @type {Map<number, Mark[]>} */
  const marks = new Map();
  const end = starts.length ? bucketEnd(starts[starts.length - 1], interval, zone, firstDay) : 0;
  const draw = (/** @type {any} */ drawn) => {
    if (!drawn) return;
    const { scales: { x }, chartArea: { top, bottom } } = drawn;
    const tones = { note: color("--accent"), release: color("--good") };
    list.style.insetBlockStart = `${top}px`;
    for (const item of /** @type {HTMLElement[]} */ ([...list.children])) {
      const at = x.getPixelForValue(Number(item.dataset.bucket));
      item.style.insetInlineStart = `${at}px`;
      drawMark(drawn.ctx, at, top, bottom, item.className === "note" ? tones.note : tones.release, item.className);
    }
  };
  const load = async () => {
    if (!frame.isConnected) return removeEventListener(CHANGED, load);
    const found = await loadMarks().catch(() => []);
    marks.clear();
    for (const mark of found) {
      if (mark.t >= end) continue;
      const bucket = Math.max(0, starts.findLastIndex((start) => start <= mark.t));
      marks.set(bucket, [...(marks.get(bucket) ?? []), mark]);
    }
    list.replaceChildren(...[...marks].map(([bucket, some]) => markItem(bucket, some)));
    if (list.childElementCount) frame.append(list);
    else list.remove();
    chart()?.draw();
  };
  addEventListener(CHANGED, load);
  // The figures have been drawn, and the frame is in the page.
  queueMicrotask(load);
  return { draw, texts: (/** @type {number} */ bucket) => textsOf(marks.get(bucket) ?? []) };
}

/**
 * A dashed line with a dot for a note or a diamond for a release, below the tooltip of the chart.
 *
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} top @param {number} bottom
 * @param {string} tone @param {string} kind
 */
function drawMark(context, x, top, bottom, tone, kind) {
  context.save();
  context.strokeStyle = context.fillStyle = tone;
  context.globalAlpha = 0.7;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, bottom);
  context.stroke();
  context.globalAlpha = 1;
  context.translate(x, top);
  context.beginPath();
  if (kind === "note") context.arc(0, 0, 4.5, 0, 2 * Math.PI);
  else {
    context.rotate(Math.PI / 4);
    context.rect(-3.5, -3.5, 7, 7);
  }
  context.fill();
  context.restore();
}

/** @param {Mark[]} marks */
const textsOf = (marks) => [
  ...marks.slice(0, TEXTS_MAX).map(({ text }) => shortened(visible(text), TEXT_MAX)),
  ...(marks.length > TEXTS_MAX ? [`${marks.length - TEXTS_MAX} more annotations`] : []),
];

/** @param {number} bucket @param {Mark[]} marks */
function markItem(bucket, marks) {
  const texts = textsOf(marks).join("; ");
  const kind = marks.some(({ id }) => id !== null) ? "note" : "release";
  return h(
    "li",
    { class: kind, "data-bucket": String(bucket) },
    h("button", { type: "button", title: texts, "aria-label": texts, onclick: () => openAnnotations(marks[0].t) }),
  );
}

// Dialog

/** @param {number} [seconds] the time of a new note, instead of now */
export function openAnnotations(seconds = Date.now() / 1000) {
  edit(null, seconds);
  dialog().showModal();
  drawList();
}

/** Fills the form. @param {Mark | null} mark null for a new note @param {number} seconds */
function edit(mark, seconds) {
  editing = mark?.id ?? null;
  const site = mark ? mark.site : current().site ?? "";
  field("annotation-text").value = mark?.text ?? "";
  field("annotation-date").value = dateValue(zone(), seconds);
  field("annotation-time").value = timeText(localOf(seconds, zone()));
  byId("annotation-site").replaceChildren(
    ...[...new Set(["", ...siteNames(), site])].map((value) =>
      h("option", { value, text: value || "All sites", selected: value === site })
    ),
  );
  setText(byId("annotation-save"), editing ? "Save" : "Add note");
  byId("annotation-new").hidden = editing === null;
  setText(byId("annotation-message"), "");
}

async function drawList() {
  const list = byId("annotation-list");
  try {
    const marks = await loadMarks();
    list.replaceChildren(...marks.toReversed().map(row));
    byId("annotation-none").hidden = marks.length > 0;
  } catch (error) {
    setText(byId("annotation-message"), /** @type {Error} */ (error).message);
  }
}

/** @param {Mark} mark */
function row(mark) {
  const { id, t, text, site } = mark;
  const button = (/** @type {string} */ label, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "button only", text: label, "aria-label": `${label}: ${text}`, onclick });
  return h(
    "li",
    {},
    h("b", { text }),
    h("span", { class: "note", text: `${moment(t * 1000, zone()).slice(0, -3)} · ${site || "All sites"}` }),
    id === null ? badge("First page view") : h(
      "span",
      { class: "edits" },
      button("Edit", () => {
        edit(mark, t);
        field("annotation-text").focus();
      }),
      button("Delete", () => send("DELETE", id)),
    ),
  );
}

/** @param {"POST" | "PUT" | "DELETE"} method @param {string | null} id @param {any} [body] */
async function send(method, id, body) {
  try {
    await ask(id === null ? "annotations" : `annotations/${encodeURIComponent(id)}`, {}, { method, body });
    edit(null, Date.now() / 1000);
  } catch (error) {
    setText(byId("annotation-message"), /** @type {Error} */ (error).message);
  }
  dispatchEvent(new Event(CHANGED));
  await drawList();
  // The button that had the focus is gone.
  field("annotation-text").focus();
}

export function startAnnotations() {
  byId("annotation-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const t = boundSeconds(boundOf(field("annotation-date").value, field("annotation-time").value), zone());
    const text = field("annotation-text").value.trim();
    if (t === null) return setText(byId("annotation-message"), "Choose a date.");
    if (!text) return setText(byId("annotation-message"), "Write a note.");
    send(editing ? "PUT" : "POST", editing, { t, text, site: field("annotation-site").value });
  });
  byId("annotation-new").addEventListener("click", () => edit(null, Date.now() / 1000));
}
