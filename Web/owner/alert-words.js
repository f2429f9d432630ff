// Rules, channels and alerts in words.

import { METRICS } from "../kit/contract.js";
import { exact, round } from "../kit/format.js";
import { hex } from "../kit/hex.js";

/**
 * @typedef {object} Kind
 * @property {string} label
 * @property {string} note when the rule fires
 * @property {string} [threshold] label of the threshold
 * @property {string} [unit] of the threshold and of values
 * @property {number} [usual] threshold of a new rule; that of a vital is the upper bound of "good"
 * @property {string} [samples] what is counted before the rule is evaluated
 * @property {number} [samplesMin] how many are needed, for a new rule
 * @property {boolean} [hasWindow]
 * @property {boolean} [isServer] whether it is about the server, and not about a site
 */

/** By the name of the API. @type {Record<string, Kind>} */
export const KINDS = Object.freeze({
  new_issue: { label: "New issue", note: "An error occurs for the first time." },
  regressed_issue: { label: "Regressed issue", note: "A resolved issue occurs again." },
  error_rate: {
    label: "Error rate",
    note: "Errors per 100 page views exceed the limit.",
    threshold: "Limit in percent",
    unit: " %",
    usual: 5,
    samples: "Page views needed",
    samplesMin: 100,
    hasWindow: true,
  },
  vital: {
    label: "Vital",
    note: "The 75th percentile exceeds the limit.",
    threshold: "Limit in milliseconds, or the score of CLS",
    samples: "Page views needed",
    samplesMin: 100,
    hasWindow: true,
  },
  traffic_drop: {
    label: "Traffic drop",
    note: "The last hour has fewer page views than the same hour of earlier weeks.",
    threshold: "Percent fewer",
    unit: " %",
    usual: 50,
    samples: "Usual page views needed",
    samplesMin: 100,
  },
  traffic_spike: {
    label: "Traffic spike",
    note: "The last hour has more page views than the same hour of earlier weeks.",
    threshold: "Percent more",
    unit: " %",
    usual: 200,
    samples: "Page views needed",
    samplesMin: 100,
  },
  delivery_rate: {
    label: "Delivery rate",
    note: "Fewer of the emitted events arrive.",
    threshold: "Limit in percent",
    unit: " %",
    usual: 95,
    samples: "Emitted events needed",
    samplesMin: 30,
    hasWindow: true,
  },
  journal: { label: "Journal in use", note: "The database does not take events.", unit: " records", isServer: true },
  disk: {
    label: "Free disk space",
    note: "The disk of a SQLite file has less free space than the limit.",
    threshold: "Limit in MiB",
    unit: " MiB",
    usual: 2048,
    isServer: true,
  },
  rollup_lag: {
    label: "Rollup lag",
    note: "The reports are behind the events.",
    threshold: "Limit in seconds",
    unit: " s",
    usual: 120,
    isServer: true,
  },
  weekly_report: { label: "Weekly report", note: "Every Monday at 8:00 in the site's time zone." },
});

/** @type {Record<string, {label: string, tone: "good" | "fair" | "poor" | "plain"}>} */
export const RULE_STATES = Object.freeze({
  ok: { label: "OK", tone: "good" },
  firing: { label: "Firing", tone: "poor" },
  no_data: { label: "No data", tone: "plain" },
  waiting: { label: "Waiting", tone: "plain" },
});

/** @param {any} rule @param {number | null} value */
export function valueText({ kind, vital }, value) {
  if (value === null) return "–";
  const unit = kind === "vital" && vital !== "cls" ? " ms" : KINDS[kind]?.unit ?? "";
  return `${exact(round(value, value < 1 ? 3 : 2))}${unit}`;
}

/** The condition of a rule in short. @param {any} rule */
export function conditionText(rule) {
  const parts = [KINDS[rule.kind]?.label ?? rule.kind];
  if (rule.vital) parts[0] = `${METRICS[/** @type {keyof typeof METRICS} */ (rule.vital)]} p75`;
  const sign = ["delivery_rate", "disk"].includes(rule.kind) ? "below" : "above";
  if (rule.threshold !== null) {
    parts.push(rule.kind.startsWith("traffic") ? "by" : sign, valueText(rule, rule.threshold));
  }
  if (rule.minutes !== null) parts.push(`in ${rule.minutes} minutes`);
  if (rule.site) parts.push(`on ${rule.site}`);
  return parts.join(" ");
}

/** The last result of a rule in words. @param {any} rule */
export function resultText(rule) {
  const { name, value, reason } = rule.state;
  if (!rule.enabled) return "The rule is off.";
  if (name === "waiting") return "The rule has not been evaluated yet.";
  if (reason) return `${reason}.`;
  if (rule.kind === "weekly_report") return "The report is sent on Monday.";
  return rule.kind.endsWith("_issue") || value === null ? "" : valueText(rule, value);
}

/** Whether all messages of an alert have arrived. @param {any[]} deliveries */
export function deliveryText(deliveries) {
  if (!deliveries.length) return "No channel";
  const failed = deliveries.filter(({ state }) => state === "failed");
  if (failed.length) return `Failed: ${failed[0].failure}`;
  const waiting = deliveries.filter(({ state }) => state === "pending");
  if (!waiting.length) return "Delivered";
  return waiting[0].failure ? `Retrying: ${waiting[0].failure}` : "Sending";
}

/** The outcome of a test message. @param {{delivered: boolean, failure: string | null}[]} results */
export function testText(results) {
  if (!results.length) return "The rule has no channel.";
  const failed = results.find(({ delivered }) => !delivered);
  return failed ? `Not delivered: ${failed.failure}` : "The test message was delivered.";
}

/** A secret of random digits. @returns {string} */
export const randomSecret = () => [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => hex(byte, 2)).join("");
