/** The strokes of a campaign's images, and the masks that are shown of them. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Drawing, SnapshotImage } from '@saltworks/contract/documents/builds';
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import { inOrder } from '@saltworks/store/in-order';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { correctorsOf } from '../campaigns/assignments/corrections.ts';
import { drawnOf } from '../campaigns/tasks/chosen-mask.ts';
import { readShown, type ShownImage } from '../campaigns/tasks/shown.ts';
import type { Schema } from '../db/schema.ts';
import { keepDrawings } from './draw.ts';
import type { Origins, SettingsList } from './mask-origins.ts';
import type { ShownLine } from './shown-lines.ts';

/** Masks read side by side. */
const atOnce = 16;

interface Deps {
  db: Kysely<Schema>;
  store: ObjectStore;
}

/**
 * A shard's images that somebody submitted, in the order of their ids.
 *
 * @param current the lines of the current build whose masks are made, by image
 */
export async function campaignImages(
  deps: Deps,
  campaign: Campaign,
  images: readonly NamedImage[],
  { current, origins, settings }: { current: ReadonlyMap<string, ShownLine>; origins: Origins; settings: SettingsList },
): Promise<SnapshotImage[]> {
  const bySha = new Map(images.map((image) => [image.sha256, image]));
  const found = await readShown(deps.db, campaign.id, [...bySha.keys()]);
  const strokes = await strokesOf(deps, campaign, found, current);
  const correctors = await correctorsOf(
    deps.db,
    found.flatMap(({ chosen }) => chosen.of),
  );
  const read = async (shown: ShownImage) => {
    const { id, sha256, name, object } = bySha.get(shown.sha256) as NamedImage;
    const { drawings, consensus } = drawnIn(shown, strokes, correctors);
    const together = consensus && { consensus };
    const now: SnapshotImage = { id, sha256, name, object, drawings, ...together };
    const { shown: mask } = shown;
    if (mask === null || drawings.length === 0) return { now };
    const accepted = !consensus && shown.chosen.of[0].state === 'accepted' && { accepted: true as const };
    const line = current.get(sha256);
    if (line?.mask === mask) {
      const { drawings, consensus, settings } = line;
      return { now: { ...now, shown: { mask, drawings, ...(consensus && { consensus }), settings, ...accepted } } };
    }
    const origin = await origins.of({ sha256, mask, drawings, ...together });
    // Of a single mask its assignment knows the strokes; a consensus may be of strokes that have changed since.
    const known = consensus && !origin?.proven ? { drawings: [] } : { drawings, ...together };
    return { now, origin, known: { mask, ...known, ...accepted } };
  };
  const lines: SnapshotImage[] = [];
  const ordered = found.sort((a, b) => (bySha.get(a.sha256)?.id ?? 0) - (bySha.get(b.sha256)?.id ?? 0));
  // Settings get their places in the order of the images, whichever mask is read first.
  for await (const { now, origin, known } of inOrder(ordered, atOnce, read)) {
    if (now.drawings.length === 0) continue;
    if (!origin) lines.push(now);
    else {
      const place = origin.settings && settings.place(origin.settings);
      lines.push({ ...now, shown: { ...known, settings: place } });
    }
  }
  return lines;
}

/** Keeps the strokes of all assignments that count. @returns their sha256 by `drawnOf` */
async function strokesOf(
  deps: Deps,
  campaign: Campaign,
  found: readonly ShownImage[],
  current: ReadonlyMap<string, ShownLine>,
): Promise<Map<string, string>> {
  const strokes = new Map<string, string>();
  for (const { drawings } of current.values()) {
    for (const drawing of drawings) strokes.set(drawnOf([drawing], false) ?? '', drawing.strokes);
  }
  const missing = found.flatMap(({ chosen, width, height }) =>
    chosen.of.filter(({ id, n }) => !strokes.has(nameOf(id, n))).map(({ id, n }) => ({ id, n, width, height })),
  );
  const kept = await keepDrawings(deps, campaign, missing);
  for (const { id, n } of missing) strokes.set(nameOf(id, n), kept.get(id) ?? '');
  return strokes;
}

const nameOf = (assignment: string, n: number): string => drawnOf([{ assignment, n }], false) ?? '';

function drawnIn(
  { chosen, together }: ShownImage,
  strokes: ReadonlyMap<string, string>,
  correctors: ReadonlyMap<string, string[]>,
): { drawings: Drawing[]; consensus?: true } {
  const drawings = chosen.of.map(({ id, user_id, n, mask }): Drawing => {
    const correctedBy = correctors.get(id);
    const of = {
      strokes: strokes.get(nameOf(id, n)) ?? '',
      extension: '.json',
      by: user_id,
      ...(correctedBy && { correctedBy }),
      assignment: id,
      n,
    } as const;
    if (!chosen.consensus) return of;
    return { ...of, weight: together?.weights[user_id] ?? 1, ...(mask !== null && { mask }) };
  });
  return { drawings, ...(chosen.consensus && { consensus: true }) };
}
