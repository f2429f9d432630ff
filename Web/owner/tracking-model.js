// The conclusion on the tracking and its checks in words: each has a figure, its meaning, and what to do.

import { duration, exact, percent, shareOf } from "../kit/format.js";

/** @typedef {"ok" | "warning" | "problem" | "unknown"} State */
/** @typedef {"good" | "fair" | "poor" | "plain"} Tone */
/** @typedef {{title: string, figure: (report: any) => string, note: (report: any) => string, advice?: (report: any) => string}} Wording */
/** @typedef {{check: string, title: string, state: State, figure: string, note: string, advice: string}} Check */

/** @type {Record<State, {label: string, tone: Tone}>} */
export const STATES = Object.freeze({
  ok: { label: "OK", tone: "good" },
  warning: { label: "Warning", tone: "fair" },
  problem: { label: "Problem", tone: "poor" },
  unknown: { label: "Unknown", tone: "plain" },
});

/** @type {Record<string, {label: string, tone: Tone}>} */
export const CONCLUSIONS = Object.freeze({
  complete: { label: "Complete", tone: "good" },
  incomplete: { label: "Probably incomplete", tone: "fair" },
  not_receiving: { label: "Not receiving data", tone: "poor" },
  unknown: { label: "Not enough data", tone: "plain" },
});

/** @param {number} number @param {string} one @param {string} [many] */
const plural = (number, one, many = `${one}s`) => `${exact(number)} ${number === 1 ? one : many}`;

/** @param {any} report @param {(figures: any) => string} text */
const withFigures = (report, text) => report.figures ? text(report.figures) : "–";

/** @param {any} report @param {(figures: any) => string} text */
const noteOf = (report, text) => report.figures ? text(report.figures) : "The delivery reports were not read.";

/** @param {any} report @param {(server: any) => string} text */
const withServer = (report, text) => report.server ? text(report.server) : "–";

/** @param {number} part @param {number} whole */
const share = (part, whole) => percent(shareOf(part, whole));

/** Seconds with their direction, in words. @param {number} seconds */
const skew = (seconds) => `${duration(Math.abs(seconds))} ${seconds < 0 ? "slow" : "fast"}`;

/** The version of most page views, and how many others there are. @param {any} figures */
export function versionsText({ versions }) {
  const [first, ...others] = versions;
  if (!first) return "–";
  return `${first.version || "No version"}${others.length ? ` and ${plural(others.length, "other")}` : ""}`;
}

/** The hours of all gaps. @param {any} report */
const gapHours = ({ gaps }) =>
  gaps.rows.reduce((/** @type {number} */ sum, /** @type {any} */ gap) => sum + (gap.to - gap.from) / 3600, 0);

/** @type {Record<string, Wording>} */
const WORDINGS = Object.freeze({
  last_event: {
    title: "Last event",
    figure: ({ last_event: last, now }) => last === null ? "None" : `${duration(Math.max(0, now - last))} ago`,
    note: () => "When the latest event of the period was received.",
    advice: ({ last_event: last }) =>
      last === null
        ? "Open a page of the site. If nothing arrives, run collector doctor with its address: it checks the tag, the policy and the endpoint."
        : "Traffic has stopped although there normally is some. Run collector doctor with the address of a page, and check what was deployed since.",
  },
  gaps: {
    title: "Hours without page views",
    figure: (report) => report.gaps.hours_checked ? plural(gapHours(report), "hour") : "–",
    note: ({ gaps }) =>
      gaps.hours_checked
        ? `Of ${plural(gaps.hours_checked, "hour")} that normally have page views, by the four weeks before.`
        : "Needs two weeks of data and ten page views an hour.",
    advice: () => "Compare the hours listed below with deployments and outages. What was not sent then is lost.",
  },
  delivery: {
    title: "Delivery rate",
    figure: (report) => withFigures(report, ({ delivery_rate: rate }) => percent(rate)),
    note: (report) =>
      noteOf(report, ({ emitted, lost }) => `${exact(lost)} of ${plural(emitted, "sent event")} lost in transit.`),
    advice: () =>
      "Ad blockers and closed browsers lose some events. If it is more, serve Collector from the site's own domain, and check the proxy for limits and errors.",
  },
  dropped: {
    title: "Dropped by client",
    figure: (report) => withFigures(report, ({ dropped, emitted }) => share(dropped, emitted)),
    note: (report) => noteOf(report, ({ dropped }) => `${plural(dropped, "event")} dropped by pages.`),
    advice: () =>
      "A page drops events if its queue is full, if an event is too large, or after 500 events. The column drop_reasons of delivery_reports has the reasons.",
  },
  rejected: {
    title: "Rejected requests",
    figure: (report) =>
      withServer(report, ({ refused, rate_limited: limited, unavailable }) => exact(refused + limited + unavailable)),
    note: (report) =>
      report.server
        ? `Since the server started, ${duration(report.server.uptime_seconds)} ago, for all sites.`
        : "Only the owner can see it.",
    advice: ({ server }) =>
      server?.rate_limited
        ? "Addresses have sent more than COLLECTOR_RATE_LIMIT allows. Raise it if your visitors share an address, or set COLLECTOR_TRUSTED_PROXIES."
        : "The log of the server names the cause.",
  },
  storage: {
    title: "Journal and dead letters",
    figure: (report) =>
      withServer(
        report,
        (server) =>
          server.journal_full
            ? "Journal full"
            : server.journaling || server.journal_records
            ? plural(server.journal_records, "record")
            : server.dead_letters
            ? plural(server.dead_letters, "dead letter")
            : "Empty",
      ),
    note: ({ server }) =>
      server
        ? "Events of all sites that wait for the database, and those that it has refused."
        : "Only the owner can see it.",
    advice: ({ server }) =>
      server?.journal_full
        ? "The database has been unavailable for too long: events are refused. Restore the database now."
        : server?.dead_letters && !server.journal_records
        ? "Read the table dead_letters of journal.sqlite in the data folder for the reasons."
        : "The database was unavailable. The events follow as soon as it is back.",
  },
  csp: {
    title: "Blocked by Content Security Policy",
    figure: ({ blocked }) => exact(blocked.own),
    note: ({ blocked }) => {
      const others = blocked.total - blocked.own;
      const text = "Requests of the tracker, as far as pages could report them.";
      return others ? `${text} ${plural(others, "request")} of the site itself.` : text;
    },
    advice: () => "Add the address of Collector to script-src and connect-src of the site's policy.",
  },
  versions: {
    title: "Version of the tag",
    figure: (report) => withFigures(report, versionsText),
    note: ({ version }) => `This server serves ${version}.`,
    advice: () =>
      "Pages still use an earlier script: from a cache, a copy, or an integrity attribute. It works, but lacks corrections. Purge caches, or update the copy.",
  },
  clock: {
    title: "Clocks of browsers",
    figure: (report) => withFigures(report, ({ wrong_clocks: wrong, clocks }) => share(wrong, clocks)),
    note: (report) =>
      noteOf(
        report,
        ({ median_skew_seconds: median }) =>
          median === null
            ? "No clock was off by more than a minute."
            : `Off by more than a minute, half of them by ${skew(median)} or more. Their times are corrected.`,
      ),
    advice: () => "If most clocks seem wrong, it is the server's: check its time synchronization.",
  },
  vitals: {
    title: "Page views without vitals",
    figure: (report) => withFigures(report, ({ loads, loads_without_vitals: without }) => share(without, loads)),
    note: (report) => noteOf(report, ({ loads }) => `Of ${plural(loads, "visible load")} older than 30 minutes.`),
    advice: () =>
      "Pages may be left before their vitals are sent, or data-modules of the tag lacks vitals. If the rate jumped, check the latest release.",
  },
  reports: {
    title: "Without a delivery report",
    figure: (report) => withFigures(report, ({ pageviews, reported }) => share(pageviews - reported, pageviews)),
    note: () => "Page views of other clients than the tracker, whose losses cannot be counted.",
    advice: () => "Other clients can send pageviews with their events, as docs/ingest.md describes.",
  },
  bots: {
    title: "Bots",
    figure: ({ bot_events: bots, events }) => share(bots, events),
    note: () => "Share of events. Reports exclude bots by default.",
    advice: () => "If people are missing, turn on Include bots and look at the reasons in the fingerprint view.",
  },
  duplicates: {
    title: "Duplicates removed",
    figure: (report) => withServer(report, ({ duplicates }) => exact(duplicates)),
    note: (report) =>
      report.server ? "Events that arrived again since the server started, stored once." : "Only the owner can see it.",
  },
  consent: {
    title: "Do Not Track and consent",
    figure: (report) =>
      withFigures(report, ({ sampled, pageviews }) => sampled ? `${share(sampled, pageviews)} sampled` : "Not counted"),
    note: () =>
      "The tracker sends nothing for visitors with Do Not Track or Global Privacy Control, without consent, or outside the sample.",
  },
});

/** @param {any} report @returns {Check[]} */
export const checksOf = (report) =>
  report.checks.map((/** @type {{check: string, state: State}} */ { check, state }) => {
    const { title, figure, note, advice } = WORDINGS[check];
    const isPoor = state === "warning" || state === "problem";
    return {
      check,
      title,
      state,
      figure: figure(report),
      note: note(report),
      advice: isPoor ? advice?.(report) ?? "" : "",
    };
  });

/**
 * The conclusion, with a sentence.
 *
 * @param {any} report
 * @returns {{label: string, tone: Tone, text: string}}
 */
export function conclusionOf(report) {
  const { conclusion, figures, refused, reasons } = report;
  return { ...CONCLUSIONS[conclusion], text: sentenceOf(conclusion, figures, refused, reasons.length) };
}

/** @param {string} conclusion @param {any} figures @param {string | null} refused @param {number} reasons */
function sentenceOf(conclusion, figures, refused, reasons) {
  switch (conclusion) {
    case "complete":
      return `${percent(figures?.delivery_rate)} of the events that pages sent have arrived, and no check found a gap.`;
    case "incomplete":
      return `${plural(reasons, "check")} found that data is missing or may be.`;
    case "not_receiving":
      return "No events arrive although there should be some.";
    default:
      return refused ?? "Too few events of the period have a delivery report to judge. Choose a longer period.";
  }
}
