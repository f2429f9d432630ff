// The version of the tracker, that of Collector: the server compares it with what page views report.

export const VERSION = "0.1.0";
