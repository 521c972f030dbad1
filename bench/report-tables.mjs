// The document's tables, in Markdown.
import { round } from './measure.mjs';

export function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** Milliseconds, or seconds from ten of them on. */
export const time = (ms) => (ms === undefined ? '–' : ms >= 10_000 ? `${round(ms / 1000)} s` : `${ms} ms`);

const times = (ratio) => `${ratio >= 20 ? Math.round(ratio) : ratio}×`;

const range = (value, [least, most]) => (least === most ? `${value}` : `${value} (${least}–${most})`);

/** Every row with its peer. */
export function rowTable(rows) {
  return table(
    ['', 'ours', 'peer', 'unit', 'times better', 'peer’s call', 'on', 'our TypeScript'],
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

/** A line for each key. @param names columns of ours; then `peers`, by their heads the row whose peer they show */
function growthTable(cells, names, peers, keyOf, heads) {
  const lines = groupBy(cells, keyOf);
  return table(
    [...heads, ...names.map((name) => `\`${name}\``), ...Object.keys(peers)],
    [...lines].map(([key, group]) => {
      const cell = (name) => group.find((one) => one.name === name);
      const own = names.map((name) => {
        const { ours, peer } = cell(name) ?? {};
        return peer ? `${time(ours)} (${times(round(peer / ours))})` : time(ours);
      });
      return [...key.split('|'), ...own, ...Object.values(peers).map((name) => time(cell(name)?.peer))];
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

/** Pictures and labels, against fit and against pydensecrf; then strokes. @returns three tables */
export function growthTables(cells) {
  const labels = cells.filter(({ axis }) => axis === 'labels');
  const of = (names) => labels.filter(({ name }) => names.includes(name));
  const byLabels = ({ width, height, nodes, labels }) => `${width} × ${height}|${nodes}|${labels}`;
  return {
    solvers: growthTable(of(solvers), solvers, { fit: 'propagate-cached' }, byLabels, ['picture', 'nodes', 'K']),
    crfs: growthTable(of(crfs), crfs, { 'its inference': 'crf-warm', 'with set-up': 'crf-cold' }, byLabels, [
      'picture',
      'nodes',
      'K',
    ]),
    strokes: growthTable(
      cells.filter(({ axis }) => axis === 'strokes'),
      solvers,
      { fit: 'propagate-cached' },
      ({ strokes }) => `${strokes}`,
      ['strokes'],
    ),
  };
}

/** A part's stages, and its heavy kernels. */
export function stageTables({ stages, kernels, total }) {
  const twins = stages.some(({ typescript }) => typescript !== undefined);
  const sum = (key) => round(stages.reduce((all, stage) => all + (stage[key] ?? 0), 0));
  const lines = stages.map(({ name, ours, typescript }) => [
    name,
    time(ours),
    ...(twins ? [time(typescript), typescript ? times(round(typescript / ours)) : ''] : []),
  ]);
  const all = [
    'all',
    time(total),
    ...(twins ? [time(sum('typescript')), times(round(sum('typescript') / total))] : []),
  ];
  return [
    table(['stage', 'kernels', ...(twins ? ['TypeScript', ''] : [])], [...lines, all]),
    table(
      ['kernel', 'calls', 'time', 'GFLOP/s', 'GB/s', 'nearest limit', 'share of it', 'if below half, likely for'],
      kernels.map(({ kernel, calls, ms, gflops, gbs, limit, share, why }) => [
        `\`${kernel}\``,
        calls,
        time(ms),
        gflops ?? '',
        gbs ?? '',
        limit ? limits[limit] : 'not counted',
        share === undefined ? '' : `${Math.round(100 * share)} %`,
        why ?? '',
      ]),
    ),
  ].join('\n\n');
}

const limits = {
  arithmetic: 'arithmetic',
  read: 'reading memory',
  copy: 'copying memory',
  cached: 'reading the cache',
};

/** `./saltworks segment`, a picture a line. */
export function fileTable(files) {
  const stages = ['keys', 'graph', 'spread', 'refine'];
  return table(
    ['picture', 'size', 'labels', 'strokes', ...stages, 'all stages', 'the process', 'memory'],
    files.map(({ picture, width, height, labels, strokes, timings, process, bytes }) => [
      picture,
      `${width} × ${height}`,
      labels,
      strokes,
      ...stages.map((stage) => time(timings[stage])),
      time(timings.total),
      time(process),
      `${round(bytes / 1e9)} GB`,
    ]),
  );
}

/** An annotator's wait: by segments, then step by step. */
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
