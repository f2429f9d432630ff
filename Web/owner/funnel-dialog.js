// The dialog of a funnel: its steps in order, with a preview.

import { h, setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { funnelParts } from "./funnels.js";
import { choice, input, labelled } from "./form-dialog.js";
import { suggest } from "./goal-dialog.js";
import { readGoals } from "./goal-names.js";
import { change, current, reportQuery } from "./state.js";

/** Steps of a funnel, as on the server. */
const STEPS_MIN = 2;
const STEPS_MAX = 8;
const TYPES = Object.freeze({ page: "Page", event: "Event", goal: "Goal" });
const WINDOWS = Object.freeze({ 3600: "1 hour", 86400: "1 day", 604800: "7 days", 2592000: "30 days" });
const WINDOW = 604_800;

/** @type {HTMLDialogElement | undefined} */
let dialog;
/** @type {string[][]} */
let steps = [];
/** @type {import("./goal-names.js").Goal[]} */
let goals = [];

/** @param {import("./funnels.js").Funnel | null} [funnel] */
export async function openFunnel(funnel = null) {
  dialog?.remove();
  dialog = /** @type {HTMLDialogElement} */ (h("dialog", { id: "funnel", "aria-labelledby": "funnel-title" }));
  steps = funnel ? funnel.steps.map((step) => [...step]) : [["page", ""], ["page", ""]];
  goals = await readGoals().catch(() => []);
  const own = dialog;
  const list = h("ol", { class: "steps-edited" });
  own.append(formOf(own, funnel, list));
  own.addEventListener("close", () => own.remove());
  document.body.append(own);
  drawSteps(list);
  own.showModal();
  /** @type {HTMLElement | null} */ (own.querySelector("#funnel-name"))?.focus();
  for (const [id, dimension] of [["funnel-pages", "path"], ["funnel-events", "event"]]) {
    const target = own.querySelector(`#${id}`);
    if (target) suggest(/** @type {HTMLElement} */ (target), dimension);
  }
}

/** What is counted: sessions, or visitors within a time. @param {import("./funnels.js").Funnel | null} funnel */
function scopeFields(funnel) {
  const by = choice("funnel-by", { session: "Within a session", visitor: "By visitor" }, funnel?.by ?? "session");
  const span = choice("funnel-window", WINDOWS, String(funnel?.window ?? WINDOW));
  const line = labelled("Within", span);
  const draw = () => line.hidden = by.value !== "visitor";
  by.addEventListener("change", draw);
  draw();
  return {
    node: h("div", { class: "columns" }, labelled("Count", by), line),
    value: () => ({ by: by.value, ...(by.value === "visitor" ? { window: Number(span.value) } : {}) }),
  };
}

/** @param {HTMLDialogElement} own @param {import("./funnels.js").Funnel | null} funnel @param {HTMLElement} list */
function formOf(own, funnel, list) {
  const message = h("p", { class: "problem", role: "alert" });
  const preview = h("div", { "aria-live": "polite" });
  const name = input("funnel-name", funnel?.name ?? "", { required: true, maxlength: "100", placeholder: "Sign-up" });
  const scope = scopeFields(funnel);
  const site = funnel ? funnel.site : current().site ?? null;
  const asked = () => ({ ...scope.value(), ...(site ? { site } : {}) });
  /** Shows the sentence of an error. @param {() => Promise<void>} work */
  const attempt = (work) => work().catch((error) => setText(message, error.message));
  const path = funnel ? `funnels/${encodeURIComponent(funnel.id)}` : "funnels";
  const send = (/** @type {string} */ method, /** @type {any} */ body) =>
    attempt(async () => {
      const saved = await ask(path, {}, { method, body });
      own.close();
      change({ funnel: saved.id }, { isStep: false });
    });
  const show = () =>
    attempt(async () => {
      const query = { ...reportQuery(), ...asked(), steps: JSON.stringify(steps) };
      preview.replaceChildren(...funnelParts(await ask("funnel-report", query)));
      setText(message, "");
    });
  const form = h(
    "form",
    {},
    h("h2", { id: "funnel-title", text: funnel ? "Edit funnel" : "New funnel" }),
    labelled("Name", name),
    scope.node,
    list,
    h("datalist", { id: "funnel-pages" }),
    h("datalist", { id: "funnel-events" }),
    message,
    preview,
    h(
      "p",
      { class: "actions" },
      h("button", { class: "button strong", text: "Save" }),
      button("Preview", show),
      button("Cancel", () => own.close()),
      ...(funnel ? [button("Remove", () => send("DELETE", undefined))] : []),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(funnel ? "PUT" : "POST", { name: name.value.trim(), steps, ...asked() });
  });
  return form;
}

/** @param {string} text @param {() => void} onclick */
const button = (text, onclick) => h("button", { type: "button", class: "button", text, onclick });

/** @param {HTMLElement} list @param {number} [focused] index of the step that gets the focus */
function drawSteps(list, focused = -1) {
  list.replaceChildren(
    ...steps.map((step, index) => stepFields(list, step, index)),
    h(
      "li",
      {},
      h("button", {
        type: "button",
        class: "button",
        text: "Add step",
        disabled: steps.length >= STEPS_MAX,
        onclick: () => {
          steps.push(["page", ""]);
          drawSteps(list, steps.length - 1);
        },
      }),
    ),
  );
  if (focused >= 0) /** @type {HTMLElement | null} */ (list.querySelector(`#step-${focused}`))?.focus();
}

/** @param {HTMLElement} list @param {string[]} step @param {number} index */
function stepFields(list, step, index) {
  const [type, match] = step;
  const kind = choice(`step-type-${index}`, goals.length ? TYPES : { page: TYPES.page, event: TYPES.event }, type, {
    "aria-label": `Type of step ${index + 1}`,
  });
  kind.addEventListener("change", () => {
    steps[index] = [kind.value, kind.value === "goal" ? goals[0].id : ""];
    drawSteps(list, index);
  });
  const label = `Step ${index + 1}`;
  const value = type === "goal"
    ? choice(`step-${index}`, Object.fromEntries(goals.map(({ id, title }) => [id, title])), match, {
      "aria-label": label,
    })
    : input(`step-${index}`, match, {
      ...{ "aria-label": label, required: true },
      list: type === "page" ? "funnel-pages" : "funnel-events",
      placeholder: type === "page" ? "/pricing" : "signup",
    });
  value.addEventListener("input", () => step[1] = value.value.trim());
  return h(
    "li",
    {},
    h("span", { class: "step-number", text: String(index + 1), "aria-hidden": "true" }),
    kind,
    value,
    ...(step.length > 2 ? [h("small", { class: "dim", text: `${step[2]} = ${step[3]}` })] : []),
    h("button", {
      type: "button",
      class: "button",
      text: "↑",
      "aria-label": `Move step ${index + 1} up`,
      disabled: index === 0,
      onclick: () => {
        [steps[index - 1], steps[index]] = [steps[index], steps[index - 1]];
        drawSteps(list, index - 1);
      },
    }),
    h("button", {
      type: "button",
      class: "button",
      text: "×",
      "aria-label": `Remove step ${index + 1}`,
      disabled: steps.length <= STEPS_MIN,
      onclick: () => {
        steps.splice(index, 1);
        drawSteps(list, Math.max(0, index - 1));
      },
    }),
  );
}
