// The tables of docs/performance.md.
import { round } from './measure.mjs';

export function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** Milliseconds, or seconds from ten seconds on. */
export const time = (ms) => (ms === undefined ? '–' : ms >= 10_000 ? `${round(ms / 1000)} s` : `${ms} ms`);

/** The same in a table of milliseconds. */
const figure = (ms) => time(ms).replace(/ ms$/, '');

const times = (ratio) => `${ratio >= 20 ? Math.round(ratio) : ratio}×`;

const range = (value, [least, most]) => (least === most ? `${value}` : `${value} (${least}–${most})`);

/** Rows beside their peers, then rows beside their limits. */
export function rowTables(rows) {
  const limited = rows.filter(({ peer_name }) => peer_name === 'the limit');
  const others = rows.filter((row) => !limited.includes(row));
  return [others.length > 0 && peerTable(others), limited.length > 0 && limitTable(limited)]
    .filter(Boolean)
    .join('\n\n');
}

function peerTable(rows) {
  return table(
    ['', 'Saltworks', 'peer', 'unit', 'ratio', 'the peer', 'on', 'TypeScript'],
    rows.map((row) => [
      `\`${row.name}\``,
      row.p95 ? `${row.ours}, 95 % under ${row.p95}` : range(row.ours, row.ours_range),
      range(row.peer, row.peer_range),
      row.unit,
      row.ratio,
      row.peer_name,
      row.what,
      row.typescript ?? '',
    ]),
  );
}

function limitTable(rows) {
  return table(
    ['', 'median', '95 % under', 'limit', 'unit', 'on'],
    rows.map(({ name, ours, p95, peer, unit, what }) => [`\`${name}\``, ours, p95 ?? '', peer, unit, what]),
  );
}

/** A line for each image and K. @param names columns of Saltworks @param peers the row whose peer a column shows, by its head */
function growthTable(cells, names, peers) {
  const lines = groupBy(cells, ({ width, height, labels }) => `${width} × ${height}|${labels}`);
  return table(
    ['image', 'K', ...names.map((name) => `\`${name}\``), ...Object.keys(peers)],
    [...lines].map(([key, group]) => {
      const cell = (name) => group.find((one) => one.name === name);
      const own = names.map((name) => {
        const { ours, peer } = cell(name) ?? {};
        return peer ? `${figure(ours)} (${times(round(peer / ours))})` : figure(ours);
      });
      return [...key.split('|'), ...own, ...Object.values(peers).map((name) => figure(cell(name)?.peer))];
    }),
  );
}

function groupBy(values, keyOf) {
  const groups = new Map();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

const solvers = ['propagate-cached', 'stroke-added', 'propagate-from-keys', 'walk-from-keys', 'walk-stroke-added'];
const crfs = ['crf-warm', 'crf-cold'];

/** By size of the image and number of labels, against fit and against pydensecrf. @returns two tables */
export function growthTables(cells) {
  const of = (names) => cells.filter(({ axis, name }) => axis === 'labels' && names.includes(name));
  return {
    solvers: growthTable(of(solvers), solvers, { fit: 'propagate-cached' }),
    crfs: growthTable(of(crfs), crfs, { inference: 'crf-warm', 'with set-up': 'crf-cold' }),
  };
}

/** Least and most time of each solver over all numbers of strokes. */
export function strokeRanges(cells) {
  const own = cells.filter(({ axis }) => axis === 'strokes');
  const counts = own.map(({ strokes }) => strokes);
  const ends = (values) => `${figure(Math.min(...values))}–${figure(Math.max(...values))}`;
  return {
    strokes: table(
      ['strokes', ...solvers.map((name) => `\`${name}\``), 'fit'],
      [
        [
          ends(counts),
          ...solvers.map((name) => ends(own.filter((cell) => cell.name === name).map(({ ours }) => ours))),
          ends(own.filter(({ name }) => name === 'propagate-cached').map(({ peer }) => peer)),
        ],
      ],
    ),
  };
}

/** A part's stages and its heavy kernels, in ms. */
export function stageTables({ stages, kernels, total }) {
  const twins = stages.some(({ typescript }) => typescript !== undefined);
  const sum = (key) => round(stages.reduce((all, stage) => all + (stage[key] ?? 0), 0));
  const line = (name, ours, typescript) => [name, figure(ours), ...(twins ? [figure(typescript)] : [])];
  return [
    table(
      ['stage', 'kernels', ...(twins ? ['TypeScript'] : [])],
      [
        ...stages.map(({ name, ours, typescript }) => line(name, ours, typescript)),
        line('all', total, twins ? sum('typescript') : undefined),
      ],
    ),
    table(
      ['kernel', 'ms', 'share of its limit', 'likely reason, below half'],
      kernels.map(({ kernel, ms, limit, share, why }) => [
        `\`${kernel}\``,
        figure(ms),
        limit ? `${Math.round(100 * share)} % ${limits[limit]}` : 'not counted',
        why ?? '',
      ]),
    ),
  ].join('\n\n');
}

const limits = { arithmetic: 'arithmetic', read: 'reading', copy: 'copying', cached: 'cache' };

/** `./saltworks segment`: a line for each image; ms, and most memory held in GB. */
export function fileTable(files) {
  const stages = ['keys', 'graph', 'spread', 'refine'];
  return table(
    ['image', 'size', 'labels', 'strokes', ...stages, 'all stages', 'process', 'GB'],
    files.map(({ picture, width, height, labels, strokes, timings, process, bytes }) => [
      picture,
      `${width} × ${height}`,
      labels,
      strokes,
      ...stages.map((stage) => figure(timings[stage])),
      figure(timings.total),
      figure(process),
      round(bytes / 1e9),
    ]),
  );
}

/** An annotator's wait, by number of segments, then by step. */
export function latencyTables({ segments, steps }) {
  const heads = [
    'segments',
    'strokes',
    'acknowledged, p50',
    'answered, p50',
    'p95',
    'p99',
    'bare solve',
    'bytes up',
    'bytes down',
  ];
  const lines = segments.map((one) => [
    one.segments,
    one.strokes,
    ...[one.post, one.p50, one.p95, one.p99, one.bare].map(time),
    one.up,
    one.down,
  ]);
  return `${table(heads, lines)}\n\n${table(
    ['step', 'median'],
    steps.map(({ step, ms }) => [step, time(ms)]),
  )}`;
}
