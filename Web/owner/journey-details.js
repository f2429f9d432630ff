// What a page view measured: vitals with their causes, phases of the navigation, slow resources, long frames and shifts.

import { badge, h, isolated } from "../kit/dom.js";
import { bytes, exact, milliseconds, round, shortName } from "../kit/format.js";
import { tone, TONE_LABELS, vital } from "../kit/ratings.js";
import { lastPayload, phasesOf } from "./journey-model.js";
import { partLabel } from "./words.js";

const VITALS = ["LCP", "INP", "CLS", "FCP", "TTFB"];
/** Resources and frames that are shown. */
const SHOWN_MAX = 5;
const LCP_PARTS = ["timeToFirstByte", "resourceLoadDelay", "resourceLoadDuration", "elementRenderDelay"];
const INP_PARTS = ["inputDelay", "processingDuration", "presentationDelay"];

/** @param {any} value @returns {value is number} */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** All measurements of a page view that there are. @param {any} view @returns {HTMLElement[]} */
export const detailsOf = (view) =>
  [vitals(view), navigation(view), resources(view), frames(view)].filter((part) => part !== null);

/** @param {string} title @param {...(Node | string | null)} content */
const part = (title, ...content) => h("section", { class: "part" }, h("h4", { text: title }), ...content);

/** The latest value of each metric. @param {any} view */
export function vitalsOf(view) {
  /** @type {Record<string, number>} */
  const values = {};
  /** @type {any} */
  let attribution = {};
  for (const { type, payload } of view.events) {
    if (type !== "webvitals" || !payload) continue;
    for (const name of VITALS) if (isNumber(payload[name])) values[name] = payload[name];
    attribution = { ...attribution, ...payload.attribution };
  }
  return { values, attribution };
}

/** @param {any} view */
function vitals(view) {
  const { values, attribution } = vitalsOf(view);
  const names = VITALS.filter((name) => name in values);
  if (!names.length) return null;
  return part(
    "Web Vitals",
    h(
      "ul",
      { class: "chips vitals" },
      ...names.map((name) => {
        const rating = tone(name.toLowerCase(), values[name]);
        return h(
          "li",
          {},
          `${name} `,
          badge(vital(name.toLowerCase(), values[name]), rating),
          h("span", {
            class: "unseen",
            text: ` ${TONE_LABELS[rating]}`,
          }),
        );
      }),
    ),
    cause("LCP", attribution.LCP, "target", LCP_PARTS),
    cause("INP", attribution.INP, "interactionTarget", INP_PARTS, attribution.INP?.interactionType),
    shift(attribution.CLS),
    script(attribution.INP?.longestScript),
  );
}

/** @param {string} name @param {any} causes @param {string} target @param {string[]} parts @param {any} [kind] */
function cause(name, causes, target, parts, kind) {
  if (!causes || typeof causes !== "object") return null;
  const known = parts.filter((one) => isNumber(causes[one]));
  if (!known.length && !causes[target]) return null;
  return h(
    "p",
    { class: "cause-line" },
    h("b", { text: name }),
    causes[target] ? h("code", { text: causes[target] }) : null,
    typeof kind === "string" ? h("span", { class: "note", text: kind }) : null,
    h("span", { text: known.map((one) => `${partLabel(one)} ${milliseconds(causes[one])}`).join(" · ") }),
  );
}

/** @param {any} shift of the attribution of CLS */
const shift = (shift) =>
  shift?.largestShiftTarget
    ? h(
      "p",
      { class: "cause-line" },
      h("b", { text: "CLS" }),
      h("code", { text: shift.largestShiftTarget }),
      isNumber(shift.largestShiftValue)
        ? h("span", {
          text: `Largest shift ${round(shift.largestShiftValue, 3)}${
            isNumber(shift.largestShiftTime) ? ` after ${milliseconds(shift.largestShiftTime)}` : ""
          }`,
        })
        : null,
    )
    : null;

/** @param {any} script the longest one of an interaction or a frame */
const script = (script) =>
  script
    ? h(
      "p",
      { class: "cause-line" },
      h("b", { text: "Script" }),
      h("code", { text: script.sourceFunctionName || script.invoker || "anonymous" }),
      h("span", { class: "note", text: script.sourceURL ? shortName(String(script.sourceURL)) : "" }),
      h("span", { text: isNumber(script.duration) ? milliseconds(script.duration) : "" }),
    )
    : null;

// Navigation

/** A bar from a start to an end within a total, in percent. @param {number} start @param {number} duration @param {number} total @param {string} name */
function bar(start, duration, total, name) {
  const element = h("i", { class: `phase-${name}` });
  element.style.insetInlineStart = `${Math.min(99, 100 * start / total)}%`;
  element.style.inlineSize = `${Math.max(0.5, Math.min(100 - 100 * start / total, 100 * duration / total))}%`;
  return h("span", { class: "track", "aria-hidden": "true" }, element);
}

/** @param {any} view */
function navigation(view) {
  const phases = phasesOf(lastPayload(view, "navigation"));
  if (!phases.length) return null;
  const total = Math.max(...phases.map(({ start, duration }) => start + duration));
  return part(
    "Navigation",
    h(
      "ol",
      { class: "waterfall" },
      ...phases.map(({ name, label, start, duration }) =>
        h(
          "li",
          {},
          h("span", { text: label }),
          bar(start, duration, total, name),
          h("b", { text: milliseconds(duration), title: `Begins after ${milliseconds(start)}` }),
        )
      ),
    ),
  );
}

// Resources and frames

/** @param {any} view */
function resources(view) {
  const payload = lastPayload(view, "resources");
  if (!payload) return null;
  const slowest = (Array.isArray(payload.slowest) ? payload.slowest : [])
    .filter((/** @type {any} */ one) => one && isNumber(one.duration)).slice(0, SHOWN_MAX);
  const total = Math.max(
    1,
    ...slowest.map((/** @type {any} */ one) => (isNumber(one.startTime) ? one.startTime : 0) + one.duration),
  );
  return part(
    "Slowest resources",
    h("p", {
      class: "note",
      text: `${exact(payload.count)} resources, ${bytes(payload.bytes)}${
        payload.cached ? `, ${exact(payload.cached)} from a cache` : ""
      }`,
    }),
    h(
      "ol",
      { class: "waterfall" },
      ...slowest.map((/** @type {any} */ one) =>
        h(
          "li",
          {},
          h("span", { class: "cut", title: one.name, text: shortName(String(one.name)) }),
          bar(isNumber(one.startTime) ? one.startTime : 0, one.duration, total, "wait"),
          h("b", {
            text: milliseconds(one.duration),
            title: `${one.initiatorType ?? "other"}, ${bytes(one.transferSize)}`,
          }),
        )
      ),
    ),
  );
}

/** @param {any} view */
function frames(view) {
  const payload = lastPayload(view, "frames");
  if (!payload || !isNumber(payload.count)) return null;
  const worst = (Array.isArray(payload.worst) ? payload.worst : [])
    .filter((/** @type {any} */ one) => one && isNumber(one.duration)).slice(0, SHOWN_MAX);
  return part(
    payload.kind === "longtask" ? "Long tasks" : "Long animation frames",
    h("p", { class: "note", text: `${exact(payload.count)}, blocking for ${milliseconds(payload.blocking)} in total` }),
    h(
      "ol",
      { class: "frame-lines" },
      ...worst.map((/** @type {any} */ one) =>
        h(
          "li",
          {},
          h("b", { text: milliseconds(one.duration) }),
          h("span", { class: "note", text: isNumber(one.startTime) ? `after ${milliseconds(one.startTime)}` : "" }),
          one.script
            ? h(
              "span",
              {},
              isolated(one.script.sourceFunctionName || one.script.invoker || "anonymous"),
              one.script.sourceURL ? ` in ${shortName(String(one.script.sourceURL))}` : "",
            )
            : null,
        )
      ),
    ),
  );
}
