// The dialog of a funnel: its steps in order, with a preview.

import { h, setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { funnelParts } from "./funnels.js";
import { input, labelled, suggest } from "./goal-dialog.js";
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

/** @param {string} id @param {Record<string, string>} choices @param {string} chosen @param {Record<string, any>} [more] */
const choice = (id, choices, chosen, more = {}) => /** @type {HTMLSelectElement} */ (h(
  "select",
  { id, class: "choice", ...more },
  ...Object.entries(choices).map(([value, text]) => h("option", { value, text, selected: value === chosen })),
));

/** @param {import("./funnels.js").Funnel | null} [funnel] */
export async function openFunnel(funnel = null) {
  dialog?.remove();
  dialog = /** @type {HTMLDialogElement} */ (h("dialog", { id: "funnel", "aria-labelledby": "funnel-title" }));
  steps = funnel ? funnel.steps.map((step) => [...step]) : [["page", ""], ["page", ""]];
  goals = await readGoals().catch(() => []);
  const own = dialog;
  const list = h("ol", { class: "steps-edited" });
  const message = h("p", { class: "problem", role: "alert" });
  const preview = h("div", { "aria-live": "polite" });
  const name = input("funnel-name", funnel?.name ?? "", { required: true, maxlength: "100", placeholder: "Sign-up" });
  const by = choice("funnel-by", { session: "Within a session", visitor: "By visitor" }, funnel?.by ?? "session");
  const span = choice("funnel-window", WINDOWS, String(funnel?.window ?? WINDOW));
  const spanLine = labelled("Within", span);
  const drawSpan = () => spanLine.hidden = by.value !== "visitor";
  by.addEventListener("change", drawSpan);
  drawSpan();
  const site = funnel ? funnel.site : current().site ?? null;
  const asked = () => ({
    by: by.value,
    ...(by.value === "visitor" ? { window: Number(span.value) } : {}),
    ...(site ? { site } : {}),
  });
  const send = async (/** @type {string} */ path, /** @type {string} */ method, /** @type {any} */ body) => {
    try {
      const saved = await ask(path, {}, { method, body });
      own.close();
      change({ funnel: saved.id }, { isStep: false });
    } catch (error) {
      setText(message, /** @type {Error} */ (error).message);
    }
  };
  const show = async () => {
    try {
      const query = { ...reportQuery(), ...asked(), steps: JSON.stringify(steps) };
      preview.replaceChildren(...funnelParts(await ask("funnel-report", query)));
      setText(message, "");
    } catch (error) {
      setText(message, /** @type {Error} */ (error).message);
    }
  };
  const path = funnel ? `funnels/${encodeURIComponent(funnel.id)}` : "funnels";
  const form = h(
    "form",
    {},
    h("h2", { id: "funnel-title", text: funnel ? "Edit funnel" : "New funnel" }),
    labelled("Name", name),
    h("div", { class: "columns" }, labelled("Count", by), spanLine),
    list,
    h("datalist", { id: "funnel-pages" }),
    h("datalist", { id: "funnel-events" }),
    message,
    preview,
    h(
      "p",
      { class: "actions" },
      h("button", { class: "button strong", text: "Save" }),
      h("button", { type: "button", class: "button", text: "Preview", onclick: show }),
      h("button", { type: "button", class: "button", text: "Cancel", onclick: () => own.close() }),
      ...(funnel
        ? [
          h("button", {
            type: "button",
            class: "button",
            text: "Remove",
            onclick: () => send(path, "DELETE", undefined),
          }),
        ]
        : []),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(path, funnel ? "PUT" : "POST", { name: name.value.trim(), steps, ...asked() });
  });
  own.append(form);
  own.addEventListener("close", () => own.remove());
  document.body.append(own);
  drawSteps(list);
  own.showModal();
  name.focus();
  for (const [id, dimension] of [["funnel-pages", "path"], ["funnel-events", "event"]]) {
    const target = own.querySelector(`#${id}`);
    if (target) suggest(/** @type {HTMLElement} */ (target), dimension);
  }
}

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
    h("span", { class: "number", text: String(index + 1), "aria-hidden": "true" }),
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
