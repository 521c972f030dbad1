// Observations of two checkouts, side by side.

/**
 * Intended differences. `of`: the names of the observations; `plain`: a text without the difference; `reason`: why it may be.
 * Keep this list short; the comparison prints every use of it.
 *
 * @type {{ of: RegExp, plain: (text: string) => string, reason: string }[]}
 */
export const allowed = [
  {
    of: /object (identity|datasets\/.+\/\d+|exports\/.+\/(plan|summary))\.json/,
    plain: (text) => text.replace(/^\{"version":1,/, '{'),
    reason: 'stored documents say their version, which their readers check',
  },
];

/**
 * @param before observations of BEFORE: text by name
 * @param after the same of AFTER
 * @returns a line for every difference, and one for every allowed difference in use
 */
export function compare(before, after) {
  const lines = [];
  const used = new Map();
  for (const [name, was] of before) {
    if (!after.has(name)) lines.push(`${name}: missing after`);
    else if (after.get(name) !== was) {
      const rule = allowed.find(({ of }) => of.test(name));
      const [once, now] = [was, after.get(name)].map((text) => rule?.plain(text) ?? text);
      if (now !== once) lines.push(`${name}: ${firstDifference(once, now)}`);
      else used.set(rule, (used.get(rule) ?? 0) + 1);
    }
  }
  for (const name of after.keys()) if (!before.has(name)) lines.push(`${name}: only after`);
  return { lines, allowances: [...used].map(([{ reason }, count]) => `${count} allowed: ${reason}`) };
}

/** The first place where two texts differ, with a little context, as one line. */
function firstDifference(was, now) {
  let at = 0;
  while (at < was.length && was[at] === now[at]) at++;
  const line = was.slice(0, at).split('\n').length;
  const part = (text) => JSON.stringify(text.slice(Math.max(0, at - 40), at + 60));
  return `line ${line}: ${part(was)} became ${part(now)}`;
}
