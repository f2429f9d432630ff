// Limits of the tracker. Generated from Contract/ by scripts/build-contract: do not edit.

/** Events of one body; in events. */
export const BODY_EVENTS_MAX = 80;

/** Events of one body, and one event; in bytes. */
export const BODY_BYTES_MAX = 56_000;

/** Events that wait while the server does not respond; in events. */
export const QUEUE_EVENTS_MAX = 500;

/** Bytes of these events; in bytes. */
export const QUEUE_BYTES_MAX = 200_000;

/** Events that are sent at once; in events. */
export const BATCH_EVENTS = 20;

/** The longest wait of an event before it is sent; in milliseconds. */
export const WAIT_MS = 3000;

/** Requests in flight that outlive the page: half of what the browser grants; in bytes. */
export const KEEPALIVE_BYTES_MAX = 32_768;

/** Queues of other pages that stay in storage if no page can read them; in queues. */
export const STORED_QUEUES_MAX = 20;

/** Page views whose delivery reports are tracked; in reports. */
export const REPORTS_MAX = 20;

/** The longest backoff; in milliseconds. */
export const RETRY_MS_MAX = 300_000;

/** The longest `Retry-After` that is followed; in milliseconds. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** Time without activity after which a session ends; in milliseconds. */
export const SESSION_IDLE_MS = 1_800_000;

/** Events of one page view besides vitals and engagement; further ones are only counted; in events. */
export const PAGEVIEW_EVENTS_MAX = 1000;

/** Campaign parameters of an address; in parameters. */
export const CAMPAIGN_PARAMETERS_MAX = 20;

/** A campaign parameter; in characters. */
export const CAMPAIGN_LENGTH_MAX = 200;

/** An address, and any other text without a limit of its own; in characters. */
export const TEXT_LENGTH_MAX = 300;

/** Different errors of one page view; in errors. */
export const ERRORS_MAX = 50;

/** Message of an error; in characters. */
export const MESSAGE_LENGTH_MAX = 1000;

/** Stack of an error that could not be parsed; in characters. */
export const STACK_LENGTH_MAX = 8000;

/** Causes of an error; in causes. */
export const CAUSES_MAX = 5;

/** Inner errors of an `AggregateError`; in errors. */
export const INNER_ERRORS_MAX = 5;

/** Frames of a repeated error: those by which the server groups; in frames. */
export const REPEATED_FRAMES_MAX = 3;

/** Breadcrumbs of an error; in steps. */
export const BREADCRUMBS_MAX = 20;

/** Events that wait in a worker; in events. */
export const WORKER_QUEUE_EVENTS_MAX = 200;

/** One body of a worker; in characters. */
export const WORKER_BODY_LENGTH_MAX = 60_000;

/** Events of one worker; in events. */
export const WORKER_EVENTS_MAX = 1000;

/** One event of a worker; in characters. */
export const WORKER_EVENT_LENGTH_MAX = 50_000;
