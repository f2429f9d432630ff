// The dialogs of alert rules and channels: add, change and remove them.

import { BOUNDS, METRICS } from "../kit/contract.js";
import { h, setText } from "../kit/dom.js";
import { KINDS, randomSecret } from "./alert-words.js";
import { checkbox, choice, input, labelled, openForm } from "./form-dialog.js";
import { current } from "./state.js";

/** @param {string} id @param {number | null} value @param {Record<string, any>} more */
const numeric = (id, value, more) =>
  input(id, value === null ? "" : String(value), { type: "number", maxlength: undefined, ...more });

/** The fields of a rule. @param {any} rule null for a new one @param {any[]} channels */
function fieldsOf(rule, channels) {
  const { site = "" } = current();
  const labels = Object.fromEntries(Object.entries(KINDS).map(([name, { label }]) => [name, label]));
  const kind = choice("alert-kind", labels, rule?.kind ?? "new_issue");
  const vital = choice("alert-vital", METRICS, rule?.vital ?? "lcp");
  const name = input("alert-name", rule?.name ?? "", { maxlength: "100", placeholder: "Optional" });
  const threshold = numeric("alert-threshold", rule?.threshold ?? null, { step: "any", min: "0" });
  const minutes = numeric("alert-minutes", rule?.minutes ?? 60, { min: "5", max: "1440" });
  const samples = numeric("alert-samples", rule?.samples_min ?? null, { min: "1", max: "1000000" });
  const named = rule ? rule.site : site || null;
  const [ofSite, siteCheck] = checkbox("alert-site", named !== null, `Only on ${named ?? ""}`);
  const [isOn, onCheck] = checkbox("alert-enabled", rule?.enabled ?? true, "The rule is on");
  const boxes = channels.map((one) =>
    checkbox(`alert-to-${one.id}`, rule ? rule.channels.includes(one.id) : true, one.name || one.target)
  );
  return { kind, vital, name, threshold, minutes, samples, named, ofSite, siteCheck, isOn, onCheck, boxes };
}

/** @param {any} rule null for a new one @param {any[]} channels */
export function openRule(rule, channels) {
  const fields = fieldsOf(rule, channels);
  const { kind, vital, name, threshold, minutes, samples, named, ofSite, siteCheck, isOn, onCheck, boxes } = fields;
  const note = h("p", { class: "note", id: "alert-note" });
  kind.setAttribute("aria-describedby", note.id);
  const parts = {
    vital: labelled("Vital", vital),
    threshold: labelled("Threshold", threshold),
    minutes: labelled("Minutes", minutes),
    samples: labelled("Samples", samples),
  };
  /** @param {boolean} isReset whether the fields get the values of a new rule */
  function show(isReset) {
    const one = KINDS[kind.value];
    setText(note, one.note);
    parts.vital.hidden = kind.value !== "vital";
    parts.threshold.hidden = !one.threshold;
    parts.minutes.hidden = !one.hasWindow;
    parts.samples.hidden = !one.samples;
    siteCheck.hidden = named === null || Boolean(one.isServer);
    setText(/** @type {HTMLElement} */ (parts.threshold.querySelector("label")), one.threshold ?? "Threshold");
    setText(/** @type {HTMLElement} */ (parts.samples.querySelector("label")), one.samples ?? "Samples");
    if (!isReset) return;
    threshold.value = String((kind.value === "vital" ? BOUNDS[vital.value]?.[0] : one.usual) ?? "");
    samples.value = String(one.samplesMin ?? "");
  }
  kind.addEventListener("change", () => show(true));
  vital.addEventListener("change", () => show(true));
  show(!rule);
  const nodes = [
    h("div", { class: "columns" }, labelled("Rule", kind), labelled("Name", name)),
    note,
    h("div", { class: "columns" }, parts.vital, parts.threshold),
    h("div", { class: "columns" }, parts.minutes, parts.samples),
    siteCheck,
    h("fieldset", { class: "to" }, h("legend", { text: "Send to" }), ...boxes.map(([, label]) => label)),
    onCheck,
  ];
  const value = () => {
    const one = KINDS[kind.value];
    return {
      kind: kind.value,
      name: name.value.trim(),
      channels: channels.filter((_, index) => boxes[index][0].checked).map(({ id }) => id),
      enabled: isOn.checked,
      ...(kind.value === "vital" ? { vital: vital.value } : {}),
      ...(one.threshold && threshold.value ? { threshold: Number(threshold.value) } : {}),
      ...(one.hasWindow && minutes.value ? { minutes: Number(minutes.value) } : {}),
      ...(one.samples && samples.value ? { samples_min: Number(samples.value) } : {}),
      ...(named !== null && !one.isServer && ofSite.checked ? { site: named } : {}),
    };
  };
  openForm({ id: "alert", noun: "rule", path: "alert-rules", item: rule?.id ?? null, nodes, value });
  kind.focus();
}

/** @param {any} channel null for a new one @param {string | null} from the sender of e-mail; null if it is not configured */
export function openChannel(channel, from) {
  const kind = choice("alert-channel", { webhook: "Webhook", email: "E-mail" }, channel?.kind ?? "webhook");
  kind.disabled = channel !== null;
  const name = input("alert-name", channel?.name ?? "", { maxlength: "100", placeholder: "Optional" });
  const target = input("alert-target", channel?.target ?? "", { required: true, maxlength: "2000" });
  const secret = input("alert-secret", channel ? "" : randomSecret(), {
    "aria-describedby": "alert-note",
    maxlength: "200",
  });
  const label = h("label", { for: target.id });
  const note = h("p", { class: "note", id: "alert-note" });
  const secretPart = labelled("Secret", secret);
  function show() {
    const isMail = kind.value === "email";
    setText(label, isMail ? "E-mail addresses" : "URL");
    target.placeholder = isMail ? "you@example.com, team@example.com" : "https://example.com/hook";
    secretPart.hidden = isMail;
    setText(
      note,
      isMail
        ? from === null
          ? "E-mail is not configured: set COLLECTOR_SMTP_URL and COLLECTOR_SMTP_FROM on the server."
          : `Messages come from ${from}.`
        : channel
        ? "Leave the secret empty to keep the stored one."
        : "Messages are signed with the secret. Copy it now: it is not shown again.",
    );
  }
  kind.addEventListener("change", show);
  show();
  const nodes = [
    h("div", { class: "columns" }, labelled("Type", kind), labelled("Name", name)),
    h("p", {}, label, target),
    secretPart,
    note,
  ];
  const value = () => ({
    kind: kind.value,
    name: name.value.trim(),
    target: target.value.trim(),
    ...(kind.value === "webhook" && secret.value.trim() ? { secret: secret.value.trim() } : {}),
  });
  openForm({ id: "alert", noun: "channel", path: "alert-channels", item: channel?.id ?? null, nodes, value });
  (channel ? name : kind).focus();
}
