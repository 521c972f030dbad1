/** The changelog is written by hand, under `## Unreleased`, as changes are made; a release moves that section under its version. */
const UNRELEASED = '## Unreleased';

/**
 * @param {string} text of CHANGELOG.md
 * @param {string} version
 * @param {string} date YYYY-MM-DD
 * @returns {string} the text with an empty section for what comes next
 * @throws {Error} if nothing was written, or the version is there
 */
export function released(text, version, date) {
  if (text.includes(`\n## ${version} `)) throw new Error(`CHANGELOG.md has ${version}; expected another version`);
  if (notesOf(text, UNRELEASED) === '')
    throw new Error(`CHANGELOG.md says nothing under "${UNRELEASED}"; expected what changed`);
  return text.replace(`${UNRELEASED}\n`, `${UNRELEASED}\n\n## ${version} (${date})\n`);
}

/** What stands under a heading, up to the next of its kind. @param {string} text @param {string} heading */
export function notesOf(text, heading) {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line === heading || line.startsWith(`${heading} (`));
  if (start < 0) return '';
  const end = lines.findIndex((line, i) => i > start && line.startsWith('## '));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .join('\n')
    .trim();
}
