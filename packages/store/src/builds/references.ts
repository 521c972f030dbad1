/** What builds and snapshots refer to: masks, strokes, and their own lines, which several may share. */
import {
  type Build,
  build as buildDocument,
  type Drawing,
  type Subject,
  snapshot as snapshotDocument,
} from '@saltworks/contract/documents/builds';
import { maskReport } from '@saltworks/contract/documents/reports';
import {
  allBuildsPrefix,
  buildDocumentOf,
  buildLinesKey,
  buildsPrefix,
  maskKey,
  maskSetPrefix,
  reportsPrefix,
  snapshotsPrefix,
  strokesKey,
} from '@saltworks/contract/layout';
import { listDatasets } from '../datasets/dataset.ts';
import { readDocument } from '../objects/documents.ts';
import { folderNames } from '../objects/folder-names.ts';
import { type CallOptions, ObjectMissingError, type ObjectStore } from '../objects/store.ts';
import { readBuildLines, readSnapshotLines } from './lines.ts';

/** Names of objects. */
export type Keys = Set<string>;

export const maskObjects = (mask: string): string[] => [maskKey(mask, '.png'), maskKey(mask, '.json')];

/**
 * Calls back with every object that the builds and snapshots of some campaigns and datasets refer to: lines after what they name, a
 * snapshot after its lines.
 */
export async function forEachReference(
  store: ObjectStore,
  ofSubject: (subject: Subject) => boolean,
  found: (key: string) => void,
  options?: CallOptions,
): Promise<void> {
  for (const kind of ['campaign', 'dataset'] as const) {
    for await (const name of folderNames(store, allBuildsPrefix(kind), options)) {
      if (!ofSubject({ kind, name })) continue;
      for await (const { key } of store.list(buildsPrefix({ kind, name }), options)) {
        if (buildDocumentOf(key) === undefined) continue;
        const build = await readDocument(store, key, buildDocument, options);
        if (build) await ofBuild(store, build, found, options);
      }
    }
  }
  for await (const { key } of store.list(snapshotsPrefix, options)) {
    const snapshot = await readDocument(store, key, snapshotDocument, options);
    if (!snapshot || !ofSubject(snapshot.subject)) continue;
    for (const lines of snapshot.lines) {
      if (lines === null) continue;
      for (const { drawings, shown } of await readSnapshotLines(store, lines, options).catch(unlessGone)) {
        ofDrawings(drawings, found);
        if (!shown) continue;
        maskObjects(shown.mask).forEach(found);
        ofDrawings(shown.drawings, found);
      }
      found(buildLinesKey(lines));
    }
    found(key);
  }
}

/** A removal that broke off may have taken them. */
function unlessGone(error: unknown): [] {
  if (error instanceof ObjectMissingError) return [];
  throw error;
}

async function ofBuild(store: ObjectStore, build: Build, found: (key: string) => void, options?: CallOptions) {
  for (const lines of build.lines) {
    if (lines === null) continue;
    for (const { mask, offered, drawings } of await readBuildLines(store, lines, options).catch(unlessGone)) {
      maskObjects(mask).forEach(found);
      if (offered !== undefined) maskObjects(offered).forEach(found);
      ofDrawings(drawings, found);
    }
    found(buildLinesKey(lines));
  }
}

function ofDrawings(drawings: readonly Drawing[], found: (key: string) => void): void {
  for (const { strokes, extension, mask } of drawings) {
    found(strokesKey(strokes, extension));
    if (mask !== undefined) maskObjects(mask).forEach(found);
  }
}

/** Calls back with every mask of the mask sets that are asked for, of all datasets. */
export async function forEachMask(
  store: ObjectStore,
  ofSet: (dataset: string, recipe: string) => boolean,
  found: (mask: string) => void,
  options?: CallOptions,
): Promise<void> {
  for await (const { name } of listDatasets(store, options)) {
    for await (const recipe of folderNames(store, reportsPrefix(name, 'masks'), options)) {
      if (!ofSet(name, recipe)) continue;
      for await (const { key } of store.list(maskSetPrefix(name, recipe), options)) {
        const report = await readDocument(store, key, maskReport, options);
        for (const { mask } of report?.masks ?? []) found(mask);
      }
    }
  }
}
