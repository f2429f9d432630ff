// Functions of the core that the files loaded after it use. scripts/build-web reads this list: in those files, their imports
// become elements of an array that the core leaves on the page, so that no function is loaded twice. With a cached core of another
// version, an element may be another function: the files check the length of the array, so every change of this list must change it.

import { clean, EMAIL } from "./addresses.js";
import { bytesOf, fit, itemOf, pack, trim } from "./delivery-queue.js";
import { CONFIRMED, drop, track, unconfirmed } from "./delivery-report.js";
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
  CONFIRMED,
  EMAIL,
  KEY,
  bytesOf,
  clean,
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
