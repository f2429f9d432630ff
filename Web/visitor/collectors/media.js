import { facts } from "../../kit/dom.js";
import { mediaDevices } from "../../signals/devices.js";

const KINDS = ["audioinput", "audiooutput", "videoinput"];

/** @type {import("./types.js").Collector} */
export default {
  name: "media",
  tab: "fingerprint",
  title: "Media devices",
  width: "third",
  isFingerprint: true,
  timeLimit: 2000,
  async collect() {
    const counts = await mediaDevices();
    return counts && Object.fromEntries(KINDS.map((kind) => [kind, counts[kind] ?? 0]));
  },
  contribute(value, payload) {
    payload.fingerprints.mediaDevices = value;
  },
  summary: (value) => `${KINDS.reduce((sum, kind) => sum + value[kind], 0)} devices`,
  render(value, element) {
    element.replaceChildren(
      facts([["Microphones", value.audioinput], ["Speakers", value.audiooutput], ["Cameras", value.videoinput]]),
    );
  },
};
