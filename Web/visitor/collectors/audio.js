import { facts, h } from "../../kit/dom.js";
import { round } from "../../kit/format.js";
import { audio, HEARD_FROM, SAMPLES } from "../../signals/audio.js";

/** @type {import("./types.js").Collector} */
export default {
  name: "audio",
  tab: "fingerprint",
  title: "Audio",
  note: "a tone through a compressor, never played",
  width: "third",
  isFingerprint: true,
  timeLimit: 2000,
  collect: audio,
  contribute(value, payload) {
    payload.fingerprints.audio = value;
  },
  summary: (value) => String(round(value.sum, 7)),
  render(value, element) {
    element.replaceChildren(
      h("p", { class: "figure" }, String(round(value.sum, 7))),
      facts([["Peak", round(value.peak, 7)], ["Reduction", `${round(value.reduction, 4)} dB`], [
        "Samples",
        SAMPLES - HEARD_FROM,
      ]]),
    );
  },
};
