import { facts, h } from "../shared/dom.js";
import { round } from "../shared/format.js";

const SAMPLES = 5000;
const RATE = 44100;
/** The end of the sound, where the compressor has settled. */
const HEARD_FROM = 4500;

/** @type {import("./types.js").Collector} */
export default {
  name: "audio",
  tab: "fingerprint",
  title: "Audio",
  note: "a tone through a compressor, never played",
  width: "third",
  isFingerprint: true,
  timeLimit: 2000,
  async collect() {
    if (!globalThis.OfflineAudioContext) return null;
    const context = new OfflineAudioContext(1, SAMPLES, RATE);
    const tone = new OscillatorNode(context, { type: "triangle", frequency: 10000 });
    const compressor = new DynamicsCompressorNode(context, {
      threshold: -50,
      knee: 40,
      ratio: 12,
      attack: 0,
      release: 0.25,
    });
    tone.connect(compressor).connect(context.destination);
    tone.start();
    const samples = (await context.startRendering()).getChannelData(0).subarray(HEARD_FROM);
    let sum = 0;
    for (const sample of samples) sum += Math.abs(sample);
    return { sum, peak: samples.reduce((most, sample) => Math.max(most, sample), 0), reduction: compressor.reduction };
  },
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
