// What one machine makes of the same drawings, in this process: no server, no worker, no store.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import type { ExportPlanDocument } from '@saltworks/contract/documents/exports';
import type { Scribbles, Segment } from '@saltworks/contract/documents/scribbles';
import { defaultBackbone } from '@saltworks/contract/kinds';
import { type Consensus, consensus } from '@saltworks/core/crowd/consensus';
import { exportFormats } from '@saltworks/core/formats/export';
import { documentText } from '@saltworks/core/formats/exporter';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { withoutExtension } from '@saltworks/core/formats/stems';
import { type Mask, segmentsInfo } from '@saltworks/core/mask/mask';
import { presets } from '@saltworks/core/options';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { root } from './saltworks.ts';

/** One person's strokes on an image, and the mask of these alone. */
export interface Own {
  annotator: string;
  scribbles: Scribbles;
  mask: Mask;
}

/** The mask of several people's strokes, all with the same weight. @param picture a file */
export async function consensusAlone(picture: string, own: readonly Own[]): Promise<Consensus> {
  const image = await decodeImage(readFileSync(picture));
  const home = process.env.SALTWORKS_HOME ?? join(root, '.saltworks');
  const session = await openSession(await resolveBackbone(defaultBackbone, { home }), { facet: 'key' });
  try {
    const annotations = own.map(({ annotator, scribbles, mask }) => ({
      ...{ annotator, weight: 1, mask },
      ...{ segments: scribbles.segments, raster: rasterise(scribbles) },
    }));
    return consensus(image, roundToHalf(await session.extract(image)), annotations, presets.best);
  } finally {
    await session.close();
  }
}

/** An export's files, by path. @param images in the order of their numbers */
export async function exportAlone(
  plan: ExportPlanDocument,
  images: readonly { id: number; name: string; mask: Mask; segments: readonly Segment[] }[],
): Promise<Map<string, Buffer>> {
  const exporter = exportFormats[plan.format](plan);
  const made = images.map(({ id, name, mask, segments }) =>
    exporter.image({
      ...{ id, fileName: name, stem: withoutExtension(name), mask },
      segments: segmentsInfo(mask, segments, plan.categories),
    }),
  );
  const files = new Map(made.flatMap(({ files }) => files.map(({ path, bytes }) => [path, Buffer.from(bytes)])));
  for (const document of exporter.documents) {
    const pieces: string[] = [];
    for await (const piece of documentText(document, (list) => made.flatMap(({ lines }) => lines[list] ?? []))) {
      pieces.push(piece);
    }
    files.set(document.path, Buffer.from(pieces.join('')));
  }
  return files;
}
