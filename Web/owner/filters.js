// Filters: which page views and sessions are counted.
//
// In the address and in the API they are JSON: [["is", "browser", ["Chrome"]]].

import {
  DIMENSIONS,
  FEWER_OPERATORS,
  FILTER_VALUES_MAX,
  FILTERS_MAX,
  OPERATORS,
  PROPERTY,
  PROPERTY_OPERATORS,
} from "../kit/contract.js";
import { goalName } from "./goal-names.js";
import { countryLabel, locationSourceLabel, named } from "./words.js";

/** @typedef {{operator: string, dimension: string, values: string[]}} Filter */

/** Values that a chip lists; it counts the others. */
const SHOWN_MAX = 2;
/** Characters of an id that a chip shows. */
const ID_SHOWN = 12;

/** Codes are compared as a whole: patterns would be of the codes, which are not shown. */
const CODE_OPERATORS = Object.freeze(["is", "is_not"]);

/** Labels of values that are codes. @type {Record<string, (value: string) => string>} */
const VALUE_LABELS = { country: countryLabel, location_source: locationSourceLabel };

/** Whether values are codes, which are shown as names. @param {string} dimension */
export const hasCodes = (dimension) => Object.hasOwn(VALUE_LABELS, dimension);

/** The most values of a list of codes, which are all of them: there are fewer countries. */
export const CODES_MAX = 250;

/** A text without marks, apostrophes and case, for searches. @param {string} text */
export const folded = (text) => text.normalize("NFD").replace(/[\p{M}'’]/gu, "").toLowerCase();

/** How a value of a dimension is shown. @param {string} dimension @param {string} value */
export const valueLabel = (dimension, value) => (VALUE_LABELS[dimension] ?? named)(value);

/** @param {string} dimension */
export const isDimension = (dimension) =>
  Object.hasOwn(DIMENSIONS, dimension) || dimension.startsWith(PROPERTY) && dimension.length > PROPERTY.length;

/** @param {string} dimension */
export const dimensionLabel = (dimension) =>
  dimension.startsWith(PROPERTY)
    ? `Property ${dimension.slice(PROPERTY.length)}`
    : DIMENSIONS[/** @type {keyof typeof DIMENSIONS} */ (dimension)] ?? dimension;

/** @param {string} dimension @returns {readonly string[]} */
export const operatorsOf = (dimension) =>
  dimension.startsWith(PROPERTY)
    ? PROPERTY_OPERATORS
    : FEWER_OPERATORS[dimension] ?? (hasCodes(dimension) ? CODE_OPERATORS : Object.keys(OPERATORS));

/** @param {any} item @returns {Filter[]} */
function read(item) {
  if (!Array.isArray(item) || item.length !== 3) return [];
  const [operator, dimension, values] = item;
  if (!Object.hasOwn(OPERATORS, operator) || typeof dimension !== "string" || !isDimension(dimension)) return [];
  if (!operatorsOf(dimension).includes(operator)) return [];
  if (!Array.isArray(values) || !values.length || !values.every((value) => typeof value === "string")) return [];
  return [{ operator, dimension, values: [...new Set(values)].slice(0, FILTER_VALUES_MAX) }];
}

/** What an address may hold: anything. @param {string | null | undefined} text @returns {Filter[]} */
export function parseFilters(text) {
  if (!text) return [];
  try {
    const list = JSON.parse(text);
    return Array.isArray(list) ? list.flatMap(read).slice(0, FILTERS_MAX) : [];
  } catch {
    return [];
  }
}

/** @param {Filter[]} filters */
export const encodeFilters = (filters) =>
  filters.length ? JSON.stringify(filters.map(({ operator, dimension, values }) => [operator, dimension, values])) : "";

/**
 * With the value chosen in a list: it replaces what "is" chose of the same dimension.
 *
 * @param {Filter[]} filters @param {string} dimension @param {string} value
 */
export const withValue = (filters, dimension, value) => {
  const chosen = { operator: "is", dimension, values: [value] };
  const index = filters.findIndex((one) => one.dimension === dimension && one.operator === "is");
  return index < 0 ? [...filters, chosen] : filters.map((one, at) => at === index ? chosen : one);
};

/**
 * A filter instead of another, or after all others; none is there twice.
 *
 * @param {Filter[]} filters @param {Filter} filter @param {number} [index]
 */
export function withFilter(filters, filter, index = -1) {
  const all = index < 0 ? [...filters, filter] : filters.map((one, at) => at === index ? filter : one);
  const texts = all.map((one) => encodeFilters([one]));
  return all.filter((_, at) => texts.indexOf(texts[at]) === at);
}

/** @param {string} dimension @param {string} value */
const shownValue = (dimension, value) =>
  dimension === "goal"
    ? goalName(value)
    : (dimension === "issue" || dimension === "visitor") && value.length > ID_SHOWN
    ? `…${value.slice(-ID_SHOWN)}`
    : valueLabel(dimension, value);

/** The words of a chip. @param {Filter} filter @returns {{label: string, values: string}} */
export function chipText({ operator, dimension, values }) {
  const listed = values.slice(0, SHOWN_MAX).map((value) => shownValue(dimension, value)).join(" or ");
  const more = values.length - SHOWN_MAX;
  return {
    label: `${dimensionLabel(dimension)} ${OPERATORS[/** @type {keyof typeof OPERATORS} */ (operator)]}`,
    values: more > 0 ? `${listed} or ${more} more` : listed,
  };
}
