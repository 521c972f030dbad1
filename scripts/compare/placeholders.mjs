// Two runs of the same checkout differ in random ids, tokens, times and durations, and in nothing else. Placeholders replace
// these; ids and keys are numbered in the order in which they appear.

const dayMs = 86_400_000;

/** Whether a time is between the first day of a pace and the end of a session. A deadline set by a request is far from now. */
const isNear = (time) => time > Date.now() - 90 * dayMs && time < Date.now() + 30 * dayMs;

/** Durations and memory, in JSON and in the command's texts. */
const measured = [
  [/"ms":[\d.]+/g, '"ms":<ms>'],
  [/"(seconds|idle|discarded|review)":[\d.e-]+/g, '"$1":<s>'],
  [/"timings":\s*\{[^}]*\}/g, '"timings":<ms>'],
  [/"peak_memory_bytes":\d+/g, '"peak_memory_bytes":<bytes>'],
  [/, \d+\.\d\d s \([^)\n]*\)/g, ', <s> (<stages>)'],
  [/\b\d+\.\d+ s\b/g, '<s>'],
];

/** The progress of a run that has just started depends on the moment. */
const racing = [[/("state":"running".*?"progress":)(\{[^}]*\}|null)/g, '$1<progress>']];

/** Random names and tokens, and hashes of times. */
const random = [
  [/token=[\w-]{20,}/g, 'token=<token>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>'],
  // The hashes of the audit trail cover its times.
  [/"(hash|head)":"[0-9a-f]{64}"/g, '"$1":"<hash>"'],
  [/unbroken, up to [0-9a-f]{64}/g, 'unbroken, up to <hash>'],
  [/"token":"[A-Za-z0-9]{32}"/g, '"token":"<session>"'],
  // The names of the page's built files follow their content.
  [/\/assets\/[\w.-]+\.(js|css)/g, '/assets/<built>.$1'],
  [/better-auth\.session_token=[^;\s]+/g, 'better-auth.session_token=<session>'],
];

/** Names of exports: they hash the time at which the dataset changed, and masks, whose names may hash random ids. */
export const exportNames = [/\b(coco-\w+|voc|yolo-seg)-[0-9a-f]{16}\b/g, '$1-<export>'];

/** 16 random bytes as base64url, where the API gives an id. */
const newIds = /"(?:id|user|assignment|reviewer|annotator|actor|object)":"([\w-]{22})"/g;
const apiKeys = /\bsw_[\w-]{43}/g;
const times = /\b20\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)/g;

export class Placeholders {
  #literals;
  #numbered = new Map();
  #patterns = [...random, ...measured, ...racing];
  #kept;

  /**
   * @param literals pairs of a text and its placeholder
   * @param options kept: whether ids, times and durations stay, because both sides read the same home
   */
  constructor(literals, { kept = false } = {}) {
    this.#literals = literals;
    this.#kept = kept;
  }

  literal(text, placeholder) {
    this.#literals.unshift([text, placeholder]);
  }

  /** Adds names that hash something random. They are not numbered, because their order is random, too. */
  pattern(...pattern) {
    this.#patterns.unshift(pattern);
  }

  /** Gives a text a numbered placeholder, unless it has one. */
  number(text, kind) {
    if (!this.#numbered.has(text)) this.#numbered.set(text, `<${kind} ${this.#numbered.size + 1}>`);
  }

  /** Learns the ids in a text and writes placeholders into it. */
  apply(text) {
    let masked = text;
    for (const [literal, placeholder] of this.#literals) masked = masked.replaceAll(literal, placeholder);
    masked = masked.replace(/\/assets\/[\w.-]+\.(js|css)/g, '/assets/<built>.$1');
    if (this.#kept) return masked;
    for (const [, id] of masked.matchAll(newIds)) this.number(id, 'id');
    for (const [key] of masked.matchAll(apiKeys)) this.number(key, 'key');
    for (const [id, placeholder] of this.#numbered) masked = masked.replaceAll(id, placeholder);
    for (const [pattern, placeholder] of this.#patterns) masked = masked.replace(pattern, placeholder);
    masked = masked.replace(/masks\/[0-9a-f]{2}\/<mask/g, 'masks/<mask');
    return byAnnotator(masked.replace(times, (time) => (isNear(Date.parse(time)) ? '<time>' : time)));
  }
}

/** Sorts lists by annotator, whose order follows random ids, by their texts. */
function byAnnotator(text) {
  const sorted = (list) => list.sort().join(',');
  return text
    .replace(/"weights":\{([^{}]*)\}/g, (_, list) => `"weights":{${sorted(list.split(','))}}`)
    .replace(/"annotators":\[((?:\{(?:[^{}]|\{[^{}]*\})*\},?)+)\]/g, (_, list) => {
      const items = list.match(/\{(?:[^{}]|\{[^{}]*\})*\}/g);
      return `"annotators":[${sorted(items)}]`;
    });
}
