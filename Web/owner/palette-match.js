// Finds commands by typed text.

/**
 * The commands that have every word of the text, best first: a label that begins with the text, then one with words
 * that begin with it, then others in their order.
 *
 * @template {{group: string, label: string}} Command
 * @param {Command[]} commands @param {string} text
 * @returns {Command[]}
 */
export function matching(commands, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return commands;
  const words = wanted.split(/\s+/);
  const ranks = commands.map((command) => {
    const label = command.label.toLowerCase();
    const all = `${command.group} ${label}`.toLowerCase();
    if (!words.every((word) => all.includes(word))) return 0;
    if (label.startsWith(wanted)) return 3;
    return words.every((word) => label.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word))) ? 2 : 1;
  });
  const order = commands.map((_, index) => index).filter((index) => ranks[index] > 0);
  order.sort((one, other) => ranks[other] - ranks[one] || one - other);
  return order.map((index) => commands[index]);
}
