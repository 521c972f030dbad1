// Two runs of the same checkout differ in random ids, tokens, times and durations, and in nothing else: these become
// placeholders, ids and keys numbered in the order in which they appear.

const dayMs = 86_400_000;

/** From the first day of a pace to the last of a session; a deadline that a request sets is the same each time. */
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

/** A run that has just started may have got further or not. */
const racing = [[/("state":"running".*?"progress":)(\{[^}]*\}|null)/g, '$1<progress>']];

/** What is made at random. */
const random = [
  [/token=[\w-]{20,}/g, 'token=<token>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>'],
  // The audit trail's chain covers its times.
  [/"(hash|head)":"[0-9a-f]{64}"/g, '"$1":"<hash>"'],
  [/unbroken, up to [0-9a-f]{64}/g, 'unbroken, up to <hash>'],
  [/"token":"[A-Za-z0-9]{32}"/g, '"token":"<session>"'],
  // Names of built files of the page follow their content.
  [/\/assets\/[\w.-]+\.(js|css)/g, '/assets/<built>.$1'],
  [/better-auth\.session_token=[^;\s]+/g, 'better-auth.session_token=<session>'],
];

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
   * @param literals pairs of a text and what stands for it
   * @param options kept: ids, times and durations stay, because both sides read the same home
   */
  constructor(literals, { kept = false } = {}) {
    this.#literals = literals;
    this.#kept = kept;
  }

  literal(text, placeholder) {
    this.#literals.unshift([text, placeholder]);
  }

  /** From now on: names that hash what is random. They are not numbered, since no order of theirs means anything. */
  pattern(pattern, placeholder) {
    this.#patterns.unshift([pattern, placeholder]);
  }

  /** Gives a text a number of its kind, unless it has one. */
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

/** Lists by annotator come in the order of random ids: here in that of their texts. */
function byAnnotator(text) {
  const sorted = (list) => list.sort().join(',');
  return text
    .replace(/"weights":\{([^{}]*)\}/g, (_, list) => `"weights":{${sorted(list.split(','))}}`)
    .replace(/"annotators":\[((?:\{(?:[^{}]|\{[^{}]*\})*\},?)+)\]/g, (_, list) => {
      const items = list.match(/\{(?:[^{}]|\{[^{}]*\})*\}/g);
      return `"annotators":[${sorted(items)}]`;
    });
}
