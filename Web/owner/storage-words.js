// Texts of the card "Storage".

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];
const HOUR = 3600;
const DAY = 86_400;
/** Days from which on a forecast says no more than "more than". */
const DAYS_MAX = 3650;

/** @param {number} bytes */
export function bytesText(bytes) {
  let [value, unit] = [Math.abs(bytes), 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  const text = unit && value < 100 ? value.toFixed(1) : String(Math.round(value));
  return `${bytes < 0 ? "−" : ""}${text} ${UNITS[unit]}`;
}

/** @param {number | null} seconds */
export function ageText(seconds) {
  if (seconds === null) return "always";
  if (seconds % DAY) return `${Math.round(seconds / HOUR)} hours`;
  const days = seconds / DAY;
  return days === 1 ? "1 day" : `${days} days`;
}

/** How long events are kept: without an age, limits of size may remove the oldest. @param {any} report */
export function eventsKeptText({ disk_free: free, policy }) {
  if (policy.events !== null) return ageText(policy.events);
  if (policy.database_max !== null) return `up to ${bytesText(policy.database_max)}, the newest`;
  return free === null || !policy.disk_free_min
    ? ageText(null)
    : `until the disk has less than ${bytesText(policy.disk_free_min)} left`;
}

/** @param {any} report */
export function spaceText({ sizes, growth_per_day: growth, days_left: days, disk_free: free, policy }) {
  const parts = [
    `The database uses ${bytesText(sizes.used)}${
      policy.database_max === null ? "" : ` of ${bytesText(policy.database_max)}`
    }.`,
  ];
  if (free !== null) parts.push(`The disk has ${bytesText(free)} left.`);
  if (growth === null) parts.push("Its growth is known after six hours.");
  else if (growth <= 0) parts.push("It does not grow.");
  else parts.push(`It grows by ${bytesText(growth)} a day.`);
  if (days !== null) {
    parts.push(
      days > DAYS_MAX ? "There is space for more than ten years." : `There is space for ${Math.floor(days)} days.`,
    );
  }
  return parts.join(" ");
}
