// node bench/corpus-mistakes.mjs FOLDER [--seeds 10] [--first 0] [--json FILE]: how well planted mistakes are found. In one image of
// ten, a segment has another class, drawn by chance, in its mask and in what its strokes teach. FOLDER: as of bench/corpus.mjs.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { classifierOf, classify } from '@saltworks/core/corpus/classifier';
import { mistakeDefaults, mistakesAmong, opinionsOfSegments } from '@saltworks/core/corpus/mistakes';
import { addStatistics, noStatistics, subtractStatistics } from '@saltworks/core/corpus/statistics';
import { randomFrom } from '@saltworks/lab/random';
import { openCorpus } from './corpus-lessons.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '10' },
    first: { type: 'string', default: '0' },
    json: { type: 'string' },
  },
});
const [seeds, first] = [values.seeds, values.first].map(Number);
const { classes, taught } = await openCorpus(positionals[0]);
const c = classes.length;
const kinds = ['known', 'solved'];
const lists = Object.fromEntries(kinds.map((kind) => [kind, []]));
for (let seed = first; seed < first + seeds; seed++) {
  const planted = plant(seed);
  const lessons = taught.map(({ own }, i) => (planted.has(i) ? swapped(own, planted.get(i)) : own));
  const all = noStatistics(lessons[0].d, c);
  for (const one of lessons) addStatistics(all, one);
  const opinions = { known: [], solved: [] };
  for (const [i, { keys, truth, mask }] of taught.entries()) {
    subtractStatistics(all, lessons[i]);
    const classifier = classifierOf(all);
    addStatistics(all, lessons[i]);
    const shares = classify(classifier, keys, [...classes.keys()]);
    const wrong = planted.get(i);
    const categoryOf = (id) => {
      const own = id - 1 === wrong?.from ? wrong.to : id - 1;
      return own >= 0 && own < c && classifier.frequency[own] > 0 ? own : undefined;
    };
    for (const [kind, own] of [
      ['known', truth],
      ['solved', mask],
    ]) {
      for (const one of opinionsOfSegments(shares, own, categoryOf)) {
        const here = one.segment - 1 === wrong?.from;
        opinions[kind].push({ ...one, seed, name: taught[i].name, planted: here, right: rightOf(one, own, truth) });
      }
    }
  }
  for (const kind of kinds) lists[kind].push(opinions[kind]);
}

const report = Object.fromEntries(
  kinds.map((kind) => {
    const planted = lists[kind].flat().filter((one) => one.planted);
    const large = planted.filter(({ share }) => share >= mistakeDefaults.share);
    return [
      kind,
      {
        ...{ planted: planted.length, large: large.length },
        at: [1.5, 2, 2.5, 3].map((strength) => {
          const found = lists[kind].flatMap((opinions) => mistakesAmong(opinions, { strength }));
          const hits = found.filter((one) => one.planted).length;
          return {
            ...{ strength, listed: found.length, hits, precision: hits / found.length },
            ...{ recall: hits / large.length, recall_all: hits / planted.length },
            // Most pixels of the segment have another true class, whether planted or not.
            wrong: found.filter((one) => one.planted || !one.right).length / found.length,
          };
        }),
      },
    ];
  }),
);
const text = JSON.stringify({ seeds, first, images: taught.length, ...report }, null, 1);
console.log(text);
if (values.json) writeFileSync(values.json, `${text}\n`);

/** By image: the class whose segment is called something else, and what. */
function plant(seed) {
  const random = randomFrom(`mistakes ${seed}`);
  const draw = (list) => list[Math.floor(random() * list.length)];
  const left = [...taught.keys()];
  const out = new Map();
  for (let n = Math.round(taught.length / 10); n > 0; n--) {
    const [image] = left.splice(Math.floor(random() * left.length), 1);
    const there = [...new Set(taught[image].truth.ids)].filter((id) => id > 0 && id <= c).sort((a, b) => a - b);
    const from = draw(there) - 1;
    out.set(image, { from, to: draw([...classes.keys()].filter((k) => k !== from)) });
  }
  return out;
}

function swapped({ d, xx, xy }, { from, to }) {
  const out = xy.slice();
  for (let p = 0; p <= d; p++) {
    out[to * (d + 1) + p] += xy[from * (d + 1) + p];
    out[from * (d + 1) + p] = 0;
  }
  return { d, c, xx, xy: out };
}

/** Whether the class that most pixels of a segment truly have is its own. */
function rightOf({ segment }, { ids }, truth) {
  const counts = new Float64Array(c + 1);
  ids.forEach((id, i) => {
    if (id === segment && truth.ids[i] <= c) counts[truth.ids[i]]++;
  });
  counts[0] = 0;
  return counts.indexOf(Math.max(...counts)) === segment;
}
