export const SAMPLES = 5000;
const RATE = 44100;
/** The end of the sound, where the compressor has settled. */
export const HEARD_FROM = 4500;

/** A tone through a compressor, computed and never played: each audio library rounds a little differently. */
export async function audio() {
  if (!globalThis.OfflineAudioContext) return null;
  const context = new OfflineAudioContext(1, SAMPLES, RATE);
  const tone = new OscillatorNode(context, { type: "triangle", frequency: 10000 });
  // Its ratio and its release are those that it has by itself.
  const compressor = new DynamicsCompressorNode(context, { threshold: -50, knee: 40, attack: 0 });
  tone.connect(compressor).connect(context.destination);
  tone.start();
  const samples = (await context.startRendering()).getChannelData(0).subarray(HEARD_FROM);
  const sum = samples.reduce((sum, sample) => sum + Math.abs(sample), 0);
  return { sum, peak: Math.max(...samples), reduction: compressor.reduction };
}
