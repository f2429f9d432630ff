// Stands in until the signals are here.

export const fingerprint = () => Promise.resolve({});
