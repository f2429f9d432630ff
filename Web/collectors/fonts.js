import { h } from "../shared/dom.js";
import { breathe } from "../shared/time.js";

/** Families that tell systems, office suites and design programs apart. */
const CANDIDATES = [
  ...[
    "Andale Mono",
    "Arial",
    "Arial Black",
    "Arial Narrow",
    "Arial Unicode MS",
    "Avenir",
    "Bahnschrift",
    "Baskerville",
  ],
  ...[
    "Book Antiqua",
    "Bookman Old Style",
    "Calibri",
    "Cambria",
    "Candara",
    "Cantarell",
    "Century Gothic",
    "Century Schoolbook",
  ],
  ...["Comic Sans MS", "Consolas", "Constantia", "Copperplate", "Corbel", "Courier", "Courier New", "DejaVu Sans"],
  ...[
    "DejaVu Sans Mono",
    "DejaVu Serif",
    "Didot",
    "Droid Sans",
    "Ebrima",
    "Fira Code",
    "Fira Sans",
    "Franklin Gothic Medium",
  ],
  ...[
    "FreeMono",
    "FreeSans",
    "FreeSerif",
    "Futura",
    "Gabriola",
    "Garamond",
    "Geneva",
    "Georgia",
    "Gill Sans",
    "Helvetica",
  ],
  ...["Helvetica Neue", "Hoefler Text", "Impact", "Inter", "JetBrains Mono", "Leelawadee UI", "Liberation Mono"],
  ...[
    "Liberation Sans",
    "Liberation Serif",
    "Lucida Console",
    "Lucida Grande",
    "Malgun Gothic",
    "Menlo",
    "Microsoft YaHei",
  ],
  ...["Monaco", "MS Gothic", "Noto Color Emoji", "Noto Sans", "Noto Sans CJK SC", "Noto Serif", "Open Sans", "Optima"],
  ...[
    "Palatino Linotype",
    "PingFang SC",
    "Roboto",
    "Segoe UI",
    "Segoe UI Emoji",
    "SF Pro Text",
    "SimSun",
    "Sylfaen",
    "Tahoma",
  ],
  ...["Times", "Times New Roman", "Trebuchet MS", "Ubuntu", "Verdana", "Wingdings", "Yu Gothic"],
];
const GENERIC = ["monospace", "sans-serif", "serif"];
const SAMPLE = "mmMwWLliI0O&1 \u00c6\u0416";

/** Families looked for at once: a browser may have to open a file for each. */
const CHUNK = 8;

/** Measures text on a canvas, which costs no layout. */
function measureOnCanvas() {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) throw new Error("no canvas");
  return {
    width(/** @type {string} */ family) {
      context.font = `72px ${family}`;
      return context.measureText(SAMPLE).width;
    },
    end() {},
  };
}

/** Measures text in the page, out of sight. */
function measureInPage() {
  const probe = h("span", { class: "unseen", "aria-hidden": "true", text: SAMPLE });
  const frame = h("span", { class: "unseen", "aria-hidden": "true" }, probe);
  Object.assign(probe.style, { fontSize: "72px", inlineSize: "max-content", margin: "0" });
  document.body.append(frame);
  return {
    width(/** @type {string} */ family) {
      probe.style.fontFamily = family;
      return probe.getBoundingClientRect().width;
    },
    end: () => frame.remove(),
  };
}

function openMeasure() {
  try {
    return measureOnCanvas();
  } catch {
    return measureInPage();
  }
}

/** A family is there if text is not as wide as in the generic family that it would fall back to. */
async function detect() {
  const { width, end } = openMeasure();
  const plain = GENERIC.map(width);
  const differs = (/** @type {string} */ name) =>
    GENERIC.some((family, index) => width(`"${name}", ${family}`) !== plain[index]);
  /** @type {string[]} */
  const detected = [];
  for (let first = 0; first < CANDIDATES.length; first += CHUNK) {
    detected.push(...CANDIDATES.slice(first, first + CHUNK).filter(differs));
    await breathe();
  }
  end();
  return detected;
}

/** @type {import("./types.js").Collector} */
export default {
  name: "fonts",
  tab: "fingerprint",
  title: "Fonts",
  note: `${CANDIDATES.length} looked for against ${GENERIC.length} generic families`,
  isFingerprint: true,
  async collect() {
    return { detected: await detect(), candidates: CANDIDATES.length };
  },
  contribute(value, payload) {
    payload.fingerprints.fonts = value.detected;
    payload.fingerprints.fontCandidates = value.candidates;
  },
  summary: (value) => `${value.detected.length} of ${value.candidates} found`,
  render(value, element) {
    element.replaceChildren(
      h("p", { class: "figure" }, String(value.detected.length), h("small", { text: ` of ${value.candidates} found` })),
      h("ul", { class: "chips" }, ...value.detected.map((/** @type {string} */ name) => h("li", { text: name }))),
    );
  },
};
