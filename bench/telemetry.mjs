// telemetry-overhead: what an annotator waits for with traces and metrics, beside the same without. Two stacks run side by
// side, and strokes go to one and the other in turn, so that other load on the machine meets both.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../scripts/setup.mjs';
import { naming, openAnnotator, strokeAt } from './annotators.mjs';
import { quantile, round, row } from './measure.mjs';
import { openAccount, openCampaign, startStack } from './stack.mjs';

export const names = ['telemetry-overhead'];
const images = join(root, 'examples/images');
const segments = 5;
/** As Prometheus does, but more often. */
const scrapeMs = 5_000;

/** @returns the row of the bench's JSON; ms */
export async function telemetryOverhead({ quick = false } = {}) {
  const receiver = await openReceiver();
  const traced = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.address().port}`,
    OTEL_TRACES_SAMPLER: 'always_on',
  };
  const stacks = [];
  const sides = {};
  let scraping;
  try {
    for (const [name, env] of Object.entries({ without: {}, traced })) {
      const stack = await startStack({ SALTWORKS_REQUESTS_PER_MINUTE: '1000000', ...env });
      stacks.push(stack);
      sides[name] = await begin(stack);
    }
    const [, watched] = stacks;
    scraping = setInterval(
      () =>
        fetch(`${watched.url}/metrics`)
          .then((answer) => answer.text())
          .catch(() => {}),
      scrapeMs,
    );
    const strokes = (quick ? 10 : 200) + 5;
    for (let i = 0; i < strokes; i++) {
      const order = i % 2 === 0 ? ['without', 'traced'] : ['traced', 'without'];
      for (const name of order) {
        await sleep(100 + 400 * ((i * 0.6180339887) % 1));
        await sides[name].draw();
      }
    }
    // The first strokes compile code.
    const [without, withTraces] = ['without', 'traced'].map((name) => sides[name].times.slice(5).sort((a, b) => a - b));
    if (receiver.spans === 0) throw new Error('no span arrived; expected those of every stroke');
    const what = `${segments} segments, one annotator, two stacks in turn; every trace recorded, metrics read every ${scrapeMs / 1000} s`;
    return {
      ...row(withTraces, without, { name: names[0], peer_name: 'the same without', what }),
      p95: round(quantile(withTraces, 0.95)),
      peer_p95: round(quantile(without, 0.95)),
      spans: receiver.spans,
    };
  } finally {
    clearInterval(scraping);
    for (const side of Object.values(sides)) side.close();
    for (const stack of stacks) await stack.stop();
    receiver.close();
  }
}

/** Takes an image and draws its first strokes. */
async function begin(stack) {
  await openCampaign(stack, { id: 'overhead', images });
  const annotator = openAnnotator(stack.url, await openAccount(stack, 'overhead', 0));
  const work = await annotator.take('overhead');
  const { image } = work.assignment;
  let drawn = 0;
  const next = () => strokeAt(drawn++, image, segments);
  await work.do(...naming(segments), ...Array.from({ length: segments + 1 }, next));
  await work.answered('pixel', 120_000);
  const times = [];
  return {
    times,
    async draw() {
      const sent = performance.now();
      await work.do(next());
      await work.answered('patch');
      times.push(performance.now() - sent);
      // The mask is made once the pen rests; it would meet the other side's stroke.
      await work.answered('pixel');
    },
    close() {
      work.close();
      annotator.close();
    },
  };
}

/** Takes whatever is sent, and counts the spans. */
async function openReceiver() {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    server.spans += body.split('"spanId"').length - 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.spans = 0;
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
