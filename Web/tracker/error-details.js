// Describes errors: whatever was thrown or rejected, as the payload of an `error` event. Loaded at the first error.

import { fnv } from "../kit/fnv.js";
import { clean } from "./addresses.js";
import { watchConsole } from "./console.js";
import { kindOf } from "./error-kinds.js";
import { cut, entriesOf, guard, now, timestamp } from "./guard.js";
import {
  BREADCRUMBS_MAX,
  CAUSES_MAX,
  ERRORS_MAX,
  INNER_ERRORS_MAX,
  MESSAGE_LENGTH_MAX,
  REPEATED_FRAMES_MAX,
  STACK_LENGTH_MAX,
} from "./limits.js";
import { attempt, get, isObject, preview, tagOf, textOf } from "./previews.js";
import { watchRequests } from "./requests.js";
import { selector } from "./selector.js";
import { parseStack } from "./stack.js";
import { cleanText } from "./texts.js";

/** @typedef {import("./stack.js").Frame} Frame */
/** @typedef {import("./errors.js").Captured} Captured */
/** @typedef {{name: string, message: string, frames: Frame[], stack?: string, _inner?: any, status?: number, url?: string}} Reading */

/** Frames of a cause or inner error. */
const INNER_FRAMES_MAX = 10;
/** Arguments of console.error after those that its first one names. */
const ARGUMENTS_MAX = 20;

const EXTENSION = /^(Blocked )?([a-z-]+-extension|webkit-masked-url):/;
/** Text that differs between two occurrences of one error: ids in hexadecimal, UUIDs, numbers. */
const VARIABLE = /(0x)?\b(?=[a-f-]{0,36}\d)[0-9a-f-]{8,}\b|0x[0-9a-f]+|\d+/gi;

/** The start of the addresses of our own scripts; undefined when the site has bundled them under other names. */
const [, OWN] = /^(.*\/collector)[^/]*$/.exec(parseStack(Error().stack)[0]?.file ?? "") ?? [];
const isOwn = (/** @type {any} */ file) => !!OWN && cut(file).startsWith(OWN);

/** @param {any} text @param {number} [max] */
const words = (text, max = MESSAGE_LENGTH_MAX) => cut(cleanText(text, max), max);

/** The arguments of console.error as one text, with placeholders filled in. @param {any[]} values */
const sentence = ([first = "", ...rest]) => {
  const show = (/** @type {any} */ value) => typeof value === "string" ? value : preview(value);
  /** @param {string} sign */
  const fill = (sign) => {
    if (sign === "%%" || !rest.length) return sign === "%%" ? "%" : sign;
    const value = rest.shift();
    return sign === "%c" ? "" : show(value);
  };
  const head = typeof first === "string"
    ? cut(first, MESSAGE_LENGTH_MAX).replace(/%[sdifoOc%]/g, fill)
    : preview(first);
  return [head, ...rest.slice(0, ARGUMENTS_MAX).map(show)].join(" ");
};

/** @param {any} event @returns {Reading} */
const readEvent = (event) => {
  const detail = get(event, "detail");
  const inner = get(event, "error") ?? get(event, "reason") ?? get(detail, "reason");
  const target = get(event, "target");
  const at = attempt(() => selector(target)) || (target ? tagOf(target).toLowerCase() : "");
  const found = inner === undefined || inner === null ? undefined : read(inner);
  const about = found ? found.message : textOf(event, "message");
  const message = [get(event, "type"), at && "on " + at].filter(Boolean).join(" ") + (about ? ": " + about : "");
  return { name: tagOf(event), message, frames: found?.frames ?? [], _inner: inner };
};

/** @param {any} response @returns {Reading} */
const readResponse = (response) => {
  const status = Number(get(response, "status"));
  const url = clean(get(response, "url"));
  const message = ["HTTP", status, textOf(response, "statusText"), url].filter(Boolean).join(" ");
  return { name: "Response", message, frames: [], status, url };
};

/** @param {any} thrown @param {string} [text] the browser's own words for it @returns {Reading} */
const read = (thrown, text) => {
  const absent = thrown === undefined || thrown === null;
  if (!isObject(thrown)) return { name: "Error", message: absent && text || preview(thrown), frames: [] };
  const tag = tagOf(thrown);
  if (/Event$/.test(tag) && textOf(thrown, "type")) return readEvent(thrown);
  if (tag === "Response") return readResponse(thrown);
  const stack = textOf(thrown, "stack");
  const own = textOf(thrown, "message");
  const frames = parseStack(stack, own);
  const name = textOf(thrown, "name");
  // A function has a name that is not the name of an error.
  if (typeof thrown === "function") return { name: "Error", message: preview(thrown), frames };
  if (own !== undefined && (own || stack)) return { name: name || "Error", message: own, frames, stack };
  const element = textOf(thrown, "localName") && attempt(() => selector(thrown));
  if (element) return { name: name || "Error", message: element, frames };
  const shown = stack === undefined ? preview(thrown) : "";
  const message = shown === "{}" || shown === "[unreadable object]" ? text || shown : shown;
  return { name: name || "Error", message, frames, stack };
};

/** @param {any} thrown */
const brief = (thrown) => {
  const { name, message, frames } = read(thrown);
  return { name: words(name, 100), message: words(message, 300), frames: frames.slice(0, INNER_FRAMES_MAX) };
};

/** The chain of causes, each once. @param {any} thrown @param {any} inner what an event was about */
const causesOf = (thrown, inner) => {
  const seen = [thrown];
  let cause = inner ?? get(thrown, "cause");
  while (cause !== undefined && cause !== null && !seen.includes(cause) && seen.length <= CAUSES_MAX) {
    seen.push(cause);
    cause = get(cause, "cause");
  }
  return seen.slice(1).map(brief);
};

/** Inner errors of an AggregateError, or of anything that has such a list. @param {any} thrown */
const innerOf = (thrown) => {
  const list = get(thrown, "errors");
  return attempt(() => Array.isArray(list) ? list.slice(0, INNER_ERRORS_MAX).map(brief) : []) ?? [];
};

/** @param {string} message @param {string} file @param {Frame[]} frames */
const noiseOf = (message, file, frames) => {
  if ([file, message].some((text) => EXTENSION.test(text))) return "extension";
  if (/^ResizeObserver loop/.test(message)) return "resize_observer";
  return /^Script error\.?$/.test(message) && !frames[0] ? "script_error" : undefined;
};

/**
 * What an event of the browser is about; other values are about themselves. Null when no error is meant.
 *
 * @param {Captured} captured
 * @returns {Captured & {text?: string} | null}
 */
const open = ({ kind: type, thrown: event, source, lineno: row, colno: col }) => {
  const kind = kindOf(type, event);
  if (!kind) return null;
  if (kind === "rejection") {
    // Promise libraries dispatch an event of their own, with the reason in its detail.
    const reason = get(event, "reason");
    return { kind, thrown: reason === undefined ? get(get(event, "detail"), "reason") : reason };
  }
  if (kind === "csp") {
    const { effectiveDirective: name, blockedURI, sourceFile, lineNumber: lineno, columnNumber: colno } = event;
    return { kind, thrown: { name, message: "Blocked " + clean(blockedURI) }, source: sourceFile, lineno, colno };
  }
  if (kind === "resource") {
    // The address of a part of an SVG is an object.
    const address = get(source, "baseVal") ?? source;
    return { kind, thrown: { message: "Failed to load " + event.target.localName }, source: address };
  }
  if (kind !== "error") return { kind, thrown: event, source, lineno: row, colno: col, text: "" };
  const { error: thrown, message: text, filename, lineno, colno } = event;
  return { kind, thrown, text, source: filename, lineno, colno };
};

/**
 * The payload of an `error` event; null for an error of the tracker itself.
 *
 * @param {Captured} captured
 */
export const describe = (captured) => {
  const opened = open(captured);
  if (!opened) return null;
  const { kind, thrown, source, lineno, colno, text } = opened;
  const isConsole = kind === "console";
  const values = isConsole ? [...thrown] : [];
  const subject = isConsole ? values.find((value) => textOf(value, "stack")) : thrown;
  const reading = isConsole && !subject ? { ...read(""), message: sentence(values) } : read(subject, text);
  const frames = reading.frames.filter(({ file }) => !isOwn(file));
  // Our wrappers are on the stack of what the page calls; alone there, we are at fault.
  if (reading.frames[0] ? !frames[0] : kind === "error" && isOwn(source)) return null;
  const [{ file, line, column } = /** @type {any} */ ({})] = frames;
  // Where our wrapper was the last caller, the browser names our file.
  const isHere = source && !isOwn(source);
  const [from, row, col] = isHere ? [source, lineno || line, colno || column] : [file, line, column];
  const [name, message] = [words(reading.name, 300), words(reading.message)];
  const [address, cause, errors] = [clean(from), causesOf(subject, reading._inner), innerOf(subject)];
  const where = frames[0] ? frames.flatMap(Object.values) : [address, row, col];
  return {
    kind,
    name,
    message,
    source: address,
    lineno: row || 0,
    colno: col || 0,
    frames,
    stack: frames[0] ? undefined : words(reading.stack, STACK_LENGTH_MAX),
    cause: cause[0] && cause,
    errors: errors[0] && errors,
    status: reading.status,
    url: reading.url,
    noise: noiseOf(message, cut(file || address), frames),
    key: fnv([kind, name, message.replace(VARIABLE, "0"), ...where].join("\n")),
  };
};

/**
 * Wraps what the site asks for.
 *
 * @param {any} options
 * @param {(kind: string, thrown: any, source?: string) => void} add
 */
export const watch = (options, add) => {
  if (options.console) watchConsole(add);
  if (options.requests) {
    watchRequests((method, url, status) => {
      add("request", { name: status ? `HTTP ${status}` : "NetworkError", message: `${method} ${clean(url)}` }, url);
    }, () => options.endpoint);
  }
};

/** The last requests of the page, by the entries of the browser, between the other breadcrumbs. @param {any[]} [breadcrumbs] @param {string} [endpoint] our own */
const withRequests = (breadcrumbs, endpoint) => {
  if (!breadcrumbs) return;
  const requests = entriesOf("resource").filter(({ name, initiatorType }) =>
    /fetch|xml/.test(initiatorType) && name !== endpoint
  );
  const since = +new Date(timestamp()) - now();
  return [
    ...breadcrumbs,
    ...requests.slice(-BREADCRUMBS_MAX).map(({ name, responseStatus = "", startTime }) => ({
      type: "request",
      at: new Date(since + startTime).toISOString(),
      text: clean(name) + " " + responseStatus,
    })),
  ].sort((left, right) => left.at < right.at ? -1 : 1).slice(-BREADCRUMBS_MAX);
};

/**
 * Reports each different error of a page view once, and counts its repetitions.
 *
 * @param {object} core
 * @param {(payload: any, pageview: any) => void} core._emit
 * @param {(reason: string, pageview: any) => void} core._drop
 * @param {any} core._options
 * @param {(kind: string, thrown: any, source?: string) => void} core._add
 */
export const openReports = ({ _emit: emit, _drop: drop, _options: options, _add: add }) => {
  /** Errors of this page view by key. @type {Record<string, {payload: any, unreported: number}>} */
  let known = Object.create(null);
  /** @type {any} */
  let page;
  /** While an error is described, code of the page may run: what that throws or logs is caused by us. */
  let isReading = false;

  const flush = () => {
    for (const one of Object.values(known)) {
      if (one.unreported) emit({ ...one.payload, count: one.unreported }, page);
      one.unreported = 0;
    }
  };

  /** @param {Captured} captured @param {any} current */
  const report = (captured, current) => {
    if (isReading) return;
    isReading = true;
    const described = guard(describe)(captured);
    isReading = false;
    if (described === null) return;
    const { kind, _breadcrumbs: breadcrumbs, _pageview: pageview = current } = captured;
    if (pageview !== page) {
      flush();
      known = Object.create(null);
      page = pageview;
    }
    /** @type {any} */
    const payload = described ?? { kind, name: "Error", message: "[unreadable]", key: kind, frames: [] };
    const same = known[payload.key];
    if (same) same.unreported++;
    else if (Object.keys(known).length < ERRORS_MAX) {
      const { cause: _, errors: __, stack: ___, frames, ...rest } = payload;
      known[payload.key] = {
        payload: { ...rest, frames: frames.slice(0, REPEATED_FRAMES_MAX) },
        unreported: 0,
      };
      emit({ ...payload, breadcrumbs: withRequests(breadcrumbs, options.endpoint), count: 1 }, page);
    } else drop("too_many", page);
  };

  guard(watch)(options, add);
  return { _report: report, _flush: flush };
};
