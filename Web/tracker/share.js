// Functions of the core that the files loaded after it use. scripts/build-web reads this list: in those files, their imports
// become elements of an array that the core leaves on the page, so that no function is loaded twice. A cached core
// of another version must not mean other functions: add to the end, and remove nothing but in a version that renames the files.

import { clean, EMAIL } from "./addresses.js";
import { BODY_BYTES_MAX, BODY_EVENTS_MAX, bytesOf, fit, itemOf, pack, trim } from "./delivery-queue.js";
import { confirm, drop, track, unconfirmed } from "./delivery-report.js";
import { ofDocument, propertyOf } from "./dom.js";
import {
  cut,
  entriesOf,
  guard,
  isKnown,
  largest,
  later,
  listen,
  navigationEntry,
  now,
  observe,
  parse,
  tenth,
  timestamp,
  toJSON,
} from "./guard.js";
import { pick } from "./pick.js";
import { keysOf, read, remove } from "./storage.js";
import { KEY } from "./transport.js";

export const shared = [
  BODY_BYTES_MAX,
  BODY_EVENTS_MAX,
  EMAIL,
  KEY,
  bytesOf,
  clean,
  confirm,
  cut,
  drop,
  entriesOf,
  fit,
  guard,
  isKnown,
  itemOf,
  keysOf,
  largest,
  later,
  listen,
  navigationEntry,
  now,
  observe,
  ofDocument,
  pack,
  parse,
  pick,
  propertyOf,
  read,
  remove,
  tenth,
  timestamp,
  toJSON,
  track,
  trim,
  unconfirmed,
];
