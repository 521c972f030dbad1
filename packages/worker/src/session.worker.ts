/** A thread that holds images open and answers annotators' questions about them. */
import { getEnvironmentData } from 'node:worker_threads';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { answerJobs } from '@saltworks/backbone/threads/thread';
import { encodeRuns } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import { answerFrom, labelsOf } from '@saltworks/core/answer';
import { decodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { attributeNode } from '@saltworks/core/help/attribution';
import { argmax } from '@saltworks/core/nodes/scores';
import { fittingKeys } from './fitting-keys.ts';
import { maskFile } from './mask-file.ts';
import { type OpenJob, type SessionAnswers, type SessionJob, sessionBytes } from './session-jobs.ts';
import { openReport } from './session-use.ts';
import { openSession, type Session, Sessions } from './sessions.ts';
import { yieldToOthers } from './thread-priority.ts';

const sessions = new Sessions(getEnvironmentData(sessionBytes) as number);
const report = openReport();

answerJobs<{ session: string } & (SessionJob | OpenJob), SessionAnswers[keyof SessionAnswers] | undefined>(
  async ({ session: name, ...job }) => {
    // From then on this thread does nothing else.
    if (job.kind === 'mask') yieldToOthers();
    if (job.kind === 'open') {
      const image = await decodeImage(job.image, { maxPixels: job.maxPixels });
      const prior = job.prior && decodeCorpusPrior(job.prior);
      sessions.add(name, openSession(image, fittingKeys(job.keys, image), job.options, prior));
    }
    const session = sessions.get(name);
    if (!session) return { result: undefined };
    try {
      const result = await answer(session, job);
      return { result, move: 'png' in result ? [result.png.buffer] : [] };
    } finally {
      sessions.shrink();
      report({ open: sessions.size, bytes: sessions.bytes });
    }
  },
);

async function answer(session: Session, job: SessionJob | OpenJob): Promise<SessionAnswers[keyof SessionAnswers]> {
  const { image, grid, solver, options } = session;
  const { width, height } = image;
  if (job.kind === 'open' || job.kind === 'size') return { width, height };
  const { raster, ...read } = readScribbles(job.scribbles, '.json', image);
  const drawn = labelsOf(raster, grid, options);
  session.segments = read.segments;
  if (job.kind === 'attribute') {
    const { x, y } = job;
    if (!(x >= 0 && x <= width && y >= 0 && y <= height)) {
      throw new InvalidInputError(`pixel ${x}, ${y}; expected one of the image's ${width} × ${height}`);
    }
    const cell = (at: number, side: number, cells: number) =>
      Math.floor(((Math.min(Math.floor(at), side - 1) + 0.5) * cells) / side);
    const node = cell(y, height, grid.height) * grid.width + cell(x, width, grid.width);
    return attributeNode(solver, drawn.seeds, node);
  }
  const start = performance.now();
  // What a corpus says depends on the segments' classes, too.
  const before = options.corpus === undefined ? session.last : undefined;
  const { seeds, nodes, mask } = answerFrom(solver, drawn, before);
  session.last = { seeds, nodes };
  const solve = performance.now() - start;
  if (job.kind === 'labels') {
    const runs = encodeRuns(argmax(nodes.data, seeds.labels.length));
    return { n: job.n, labels: { h: grid.height, w: grid.width, labels: seeds.labels, runs }, solve };
  }
  return maskFile({ mask: mask(), nodes, seeds, sigma: solver.sigma }, read, job.names);
}
