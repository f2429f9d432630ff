// The card "Alerts" of the view "Tracking": rules with their last results, channels, and the history.

import { body, card, empty } from "../kit/cards.js";
import { badge, h, isolated, setText, table } from "../kit/dom.js";
import { moment } from "../kit/times.js";
import { openChannel, openRule } from "./alert-dialogs.js";
import { conditionText, deliveryText, resultText, RULE_STATES, testText } from "./alert-words.js";
import { ask } from "./api.js";
import { zone } from "./state.js";

/** Alerts that are listed. */
const ALERTS_MAX = 10;

/** The card; nothing for guests. @param {AbortSignal} signal @returns {Promise<HTMLElement | null>} */
export async function alertsCard(signal) {
  try {
    const [{ rules }, { channels }, history] = await Promise.all([
      ask("alert-rules", {}, { signal }),
      ask("alert-channels", {}, { signal }),
      ask("alerts", {}, { signal }),
    ]);
    return draw(rules, channels, history);
  } catch {
    return null;
  }
}

/** @param {string} text @param {() => void} onclick @param {string} [label] */
const button = (text, onclick, label = text) =>
  h("button", { type: "button", class: "button", text, "aria-label": label, onclick });

/** @param {any[]} rules @param {any[]} channels @param {any} history */
function draw(rules, channels, { alerts, email_from: from }) {
  const element = card("Alerts", "full alerts");
  const status = h("p", { class: "note", role: "status" });
  const content = body(element);
  const actions = h(
    "p",
    { class: "actions" },
    button("Add channel", () => openChannel(null, from)),
    channels.length ? button("Add rule", () => openRule(null, channels)) : "",
  );
  if (!channels.length) {
    content.append(
      empty(
        "No channel yet",
        "Collector can send a message when errors, vitals, traffic or the server itself need you, and a report each " +
          "week. First add a channel: a webhook or an e-mail address. Then add rules.",
      ),
      actions,
    );
    return element;
  }
  content.append(
    h("h3", { text: "Rules" }),
    rules.length
      ? h(
        "ul",
        { class: "links", "aria-label": "Alert rules" },
        ...rules.map((rule) => ruleRow(rule, channels, status)),
      )
      : empty("No rule yet", "A rule says when a message is sent, such as for each new issue."),
    h("h3", { text: "Channels" }),
    h(
      "ul",
      { class: "links", "aria-label": "Alert channels" },
      ...channels.map((one) => channelRow(one, from, status)),
    ),
    status,
    actions,
    ...(alerts.length ? [h("h3", { text: "Latest alerts" }), historyTable(alerts)] : []),
  );
  return element;
}

/** @param {string} path @param {HTMLElement} status */
async function test(path, status) {
  setText(status, "Sending…");
  try {
    const { results } = await ask(`${path}/test`, {}, { method: "POST" });
    setText(status, testText(results));
  } catch (error) {
    setText(status, /** @type {Error} */ (error).message);
  }
}

/** @param {any} rule @param {any[]} channels @param {HTMLElement} status */
function ruleRow(rule, channels, status) {
  const { label, tone } = rule.enabled ? RULE_STATES[rule.state.name] : { label: "Off", tone: "plain" };
  const own = channels.filter(({ id }) => rule.channels.includes(id));
  const notes = [
    rule.name ? conditionText(rule) : "",
    resultText(rule),
    own.length ? `to ${own.map((one) => one.name || one.target).join(", ")}` : "to no channel",
  ];
  return h(
    "li",
    { "data-rule": rule.id, "data-state": rule.state.name },
    h("b", {}, isolated(rule.name || conditionText(rule)), " ", badge(label, /** @type {any} */ (tone))),
    h("span", { class: "note", text: notes.filter((note) => note).join(" · ") }),
    h(
      "span",
      { class: "edits" },
      button("Test", () => test(`alert-rules/${encodeURIComponent(rule.id)}`, status), `Test the rule ${rule.title}`),
      button("Edit", () => openRule(rule, channels), `Edit the rule ${rule.title}`),
    ),
  );
}

/** @param {any} channel @param {string | null} from @param {HTMLElement} status */
function channelRow(channel, from, status) {
  const target = channel.target.replaceAll(",", ", ");
  const name = channel.name || target;
  const isMissing = channel.kind === "email" && from === null;
  const notes = [channel.kind === "email" ? "E-mail" : "Webhook", channel.name ? target : ""];
  if (isMissing) notes.push("e-mail is not configured on the server");
  return h(
    "li",
    { "data-channel": channel.id },
    h("b", {}, isolated(name)),
    h("span", { class: "note", text: notes.filter((note) => note).join(" · ") }),
    h(
      "span",
      { class: "edits" },
      button(
        "Test",
        () => test(`alert-channels/${encodeURIComponent(channel.id)}`, status),
        `Test the channel ${name}`,
      ),
      button("Edit", () => openChannel(channel, from), `Edit the channel ${name}`),
    ),
  );
}

/** @param {any[]} alerts */
const historyTable = (alerts) =>
  table(
    ["Alert", "Began", "Ended", "Messages"],
    alerts.slice(0, ALERTS_MAX).map(({ title, started_at: started, resolved_at: resolved, deliveries }) => [
      isolated(title),
      moment(started * 1000, zone()),
      resolved === null ? badge("Firing", "poor") : moment(resolved * 1000, zone()),
      deliveryText(deliveries),
    ]),
    "Latest alerts",
  );
