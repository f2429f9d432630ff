import { h } from "../../kit/dom.js";
import { fonts, GENERIC, SAMPLE, TELLING } from "../../signals/fonts.js";

/** Sisters of those that the tracker looks for, too. */
const FURTHER = (
  "Andale Mono,Arial Black,Arial Narrow,Arial Unicode MS,Baskerville,Book Antiqua,Bookman Old Style,Cambria,Candara,Century Schoolbook," +
  "Comic Sans MS,Consolas,Constantia,Copperplate,Corbel,Courier,Courier New,DejaVu Sans Mono,DejaVu Serif," +
  "Didot,Droid Sans,Ebrima,Fira Sans,Franklin Gothic Medium,FreeMono,FreeSans,FreeSerif,Futura,Gabriola,Garamond,Geneva,Georgia," +
  "Helvetica,Hoefler Text,Impact,Inter,Leelawadee UI,Liberation Mono,Liberation Serif,Lucida Console,Lucida Grande,Microsoft YaHei,Monaco," +
  "Noto Sans,Noto Serif,Open Sans,Optima,Palatino Linotype,Segoe UI Emoji,Sylfaen,Tahoma,Times,Times New Roman," +
  "Trebuchet MS,Verdana,Wingdings"
).split(",");
const CANDIDATES = [...TELLING, ...FURTHER].sort((one, other) => one.localeCompare(other));

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

/** A browser that has no canvas still has a page. */
async function detect() {
  try {
    const detected = await fonts(CANDIDATES);
    if (detected) return detected;
  } catch {
    // Then the other way.
  }
  const { width, end } = measureInPage();
  try {
    return await fonts(CANDIDATES, width);
  } finally {
    end();
  }
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
