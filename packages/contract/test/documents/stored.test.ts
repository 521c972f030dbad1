/** Documents as this version and earlier ones wrote them: `stored/KIND.json`, and `-first` of before the kind had a version. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { agreementVersion, isCurrentReport, storedAgreement } from '../../src/documents/agreement.ts';
import { addedBackbone, fetchedBackbone, partialDownload } from '../../src/documents/backbones.ts';
import { backedUpObject, backupLock, dumpLine, manifest, restoring } from '../../src/documents/backups.ts';
import { bakeoffKeys, bakeoffMasks, bakeoffPlan, bakeoffReport } from '../../src/documents/bakeoffs.ts';
import { build, buildImage, buildReport, rebuildReport, snapshot, snapshotImage } from '../../src/documents/builds.ts';
import { channelEntry } from '../../src/documents/channels.ts';
import { classes } from '../../src/documents/classes.ts';
import { comparedImage, comparison } from '../../src/documents/comparisons.ts';
import { dataset, datasetImage, shardNames } from '../../src/documents/dataset.ts';
import { encodeLines, parseDocument, parseLines, UnreadableDocumentError } from '../../src/documents/document.ts';
import { evaluationComparison } from '../../src/documents/evaluation-comparisons.ts';
import {
  evaluationPlan,
  evaluationRow,
  evaluationSummary,
  evaluationTimings,
} from '../../src/documents/evaluations.ts';
import { exportPlan, exportSummary, wholeNames } from '../../src/documents/exports.ts';
import { identity } from '../../src/documents/identity.ts';
import { journalEntry } from '../../src/documents/journal.ts';
import { keySet } from '../../src/documents/key-sets.ts';
import {
  drawingSteps,
  isCurrentEfficiency,
  labelEfficiencyVersion,
  storedLabelEfficiency,
} from '../../src/documents/label-efficiency.ts';
import { maskDocument } from '../../src/documents/masks.ts';
import { nodeLabels } from '../../src/documents/node-labels.ts';
import { prices } from '../../src/documents/prices.ts';
import { anyReport, extractReport, maskReport, shardReport } from '../../src/documents/reports.ts';
import { stackFile } from '../../src/documents/stack.ts';
import { storageQuota, storageUsage } from '../../src/documents/storage.ts';
import { tappedModel } from '../../src/documents/tapped-model.ts';
import { storedTruth, truth } from '../../src/documents/truth.ts';
import type { Schema } from '../../src/zod.ts';

const folder = new URL('stored/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const read = <T>(name: string, schema: Schema<T>): T => parseDocument(name, text(name), schema);

const kinds: Record<string, Schema<unknown>> = {
  dataset,
  names: shardNames,
  classes,
  identity,
  'extract-report': extractReport,
  'key-set': keySet,
  'mask-report': maskReport,
  'export-report': shardReport,
  'export-plan': exportPlan,
  'export-summary': exportSummary,
  'whole-names': wholeNames,
  comparison,
  mask: maskDocument,
  truth: storedTruth,
  agreement: storedAgreement,
  'label-efficiency': storedLabelEfficiency,
  'drawing-steps': drawingSteps,
  'node-labels': nodeLabels,
  stack: stackFile,
  'storage-usage': storageUsage,
  'storage-quota': storageQuota,
  'tapped-model': tappedModel,
  'added-backbone': addedBackbone,
  'fetched-backbone': fetchedBackbone,
  'partial-download': partialDownload,
  'channel-entry': channelEntry,
  build,
  'build-report': buildReport,
  'rebuild-report': rebuildReport,
  snapshot,
  'bakeoff-plan': bakeoffPlan,
  'bakeoff-keys': bakeoffKeys,
  'bakeoff-masks': bakeoffMasks,
  'bakeoff-report': bakeoffReport,
  prices,
  'evaluation-comparison': evaluationComparison,
  'evaluation-plan': evaluationPlan,
  'evaluation-summary': evaluationSummary,
  'evaluation-timings': evaluationTimings,
  backup: manifest,
  'backup-lock': backupLock,
  restoring,
} as Record<string, Schema<unknown>>;
const kindOf = (name: string) =>
  Object.keys(kinds)
    .filter((kind) => name.startsWith(kind))
    .reduce((longest, kind) => (kind.length > longest.length ? kind : longest), '');

test.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s is read as it lies', (name) => {
  expect(JSON.stringify(read(name, kinds[kindOf(name)]))).toBe(JSON.stringify(JSON.parse(text(name))));
});

test('every kind of document has one of each age', () => {
  const found = new Set(readdirSync(folder).map(kindOf));
  expect(Object.keys(kinds).filter((kind) => !found.has(kind))).toEqual([]);
});

test('lines of a shard are images', () => {
  const images = parseLines('shard', text('shard.jsonl'), datasetImage);
  expect(images.map(({ id, name }) => `${id} ${name}`)).toEqual(['1 a.jpg', '2 b/ü.jpg']);
  expect(encodeLines(images)).toBe(text('shard.jsonl'));
});

test('lines of a build and of a snapshot are images, some of a mask that was kept or of strokes that nobody knows', () => {
  const lines = parseLines('build', text('build.jsonl'), buildImage);
  expect(lines.map(({ id, kept, settings }) => [id, kept, settings])).toEqual([
    [1, undefined, 0],
    [2, undefined, 0],
    [3, 'accepted', 1],
    [4, 'chosen', null],
  ]);
  expect(encodeLines(lines)).toBe(text('build.jsonl'));
  const images = parseLines('snapshot', text('snapshot.jsonl'), snapshotImage);
  expect(images.map(({ shown }) => shown?.settings)).toEqual([undefined, 0, null]);
  expect(encodeLines(images)).toBe(text('snapshot.jsonl'));
});

test('lines of a comparison are images, of which some have no mask before, or could not be compared', () => {
  const lines = parseLines('compared', text('compared.jsonl'), comparedImage);
  expect(lines.map(({ before, why, reason }) => [before === null, why, reason !== undefined])).toEqual([
    [false, ['layer'], false],
    [false, ['layer'], false],
    [true, ['added'], false],
    [false, [], true],
  ]);
  expect(encodeLines(lines)).toBe(text('compared.jsonl'));
});

test('lines of an evaluation are images under a variant, some with corrections or patches', () => {
  const rows = parseLines('rows', text('evaluation-rows.jsonl'), evaluationRow);
  expect(
    rows.map(({ protocol, corrections, patches }) => [protocol, corrections?.per_segment, patches?.length]),
  ).toEqual([
    ['strokes', undefined, undefined],
    ['noise', undefined, 2],
    ['corrections', 0.5, undefined],
  ]);
  expect(encodeLines(rows)).toBe(text('evaluation-rows.jsonl'));
});

test('lines of a backup are objects of the store; those of a dump are tables with their rows, and masks', () => {
  const objects = parseLines('objects', text('backup-objects.jsonl'), backedUpObject);
  expect(objects.map(({ size }) => size)).toEqual([57, 1991]);
  expect(encodeLines(objects)).toBe(text('backup-objects.jsonl'));
  const lines = text('dump.jsonl').split('\n').filter(Boolean);
  const control = lines.filter((line) => !line.startsWith('{')).map((line) => parseDocument('dump', line, dumpLine));
  expect(control.map(([kind]) => kind)).toEqual(['database', 'table', 'end', 'masks', 'end']);
});

test('lines of the journal are interactions', () => {
  const entries = parseLines('journal', text('journal.jsonl'), journalEntry);
  expect(entries.map(({ body }) => body.kind)).toEqual(['segment', 'stroke', 'undo']);
});

test('a dataset without former versions has no number of them, and its categories may be anything', () => {
  expect(read('dataset-first.json', dataset).former).toBeUndefined();
  expect(read('dataset-first.json', dataset).categories).toEqual([{ id: 'salt', isthing: 1 }]);
  expect(read('dataset.json', dataset).former).toBe(1);
});

test('reports of before they had a version lack it, views and former versions', () => {
  const { version, views, former, failures } = read('extract-report-first.json', extractReport);
  expect({ version, views, former }).toEqual({});
  expect(failures[0].permanent).toBe(true);
  expect(read('extract-report-views.json', extractReport)).toMatchObject({ views: 2, former: '0123456789abcdef' });
});

test('reports of every step are read for their failures', () => {
  for (const kind of ['extract-report', 'mask-report', 'export-report']) {
    expect(read(`${kind}-first.json`, anyReport).failures).toHaveLength(1);
  }
});

test('a known mask of before documents had a version has segments alone', () => {
  expect(Object.keys(read('truth-first.json', storedTruth))).toEqual(['segments_info']);
  expect(read('truth-categories.json', truth).mask).toBeUndefined();
});

test('a report of agreement of before they had a version is not a current one', () => {
  expect(isCurrentReport(read('agreement-first.json', storedAgreement))).toBe(false);
  expect(isCurrentReport(read('agreement.json', storedAgreement))).toBe(true);
  const next = JSON.stringify({ version: agreementVersion + 1 });
  expect(isCurrentReport(parseDocument('agreement', next, storedAgreement))).toBe(false);
});

test('a report of label efficiency of another version of the replay is not a current one', () => {
  expect(isCurrentEfficiency(read('label-efficiency.json', storedLabelEfficiency))).toBe(true);
  const next = JSON.stringify({ version: labelEfficiencyVersion + 1 });
  expect(isCurrentEfficiency(parseDocument('label-efficiency', next, storedLabelEfficiency))).toBe(false);
});

test('a mask of an earlier version has no uncertainty', () => {
  expect(read('mask-first.json', maskDocument).uncertainty).toBeUndefined();
  expect(read('mask-consensus.json', maskDocument).consensus?.dissent).toBe(0.125);
});

test('masks and exports of before keys were told of name none', () => {
  expect(read('mask.json', maskDocument).keys).toBeUndefined();
  expect(read('export-plan.json', exportPlan).keys).toBeUndefined();
  const { version: _, ...lineage } = read('key-set.json', keySet);
  expect(read('mask-keys.json', maskDocument).keys).toEqual(lineage);
  expect(read('export-plan-keys.json', exportPlan).keys).toEqual(lineage);
  expect(read('export-plan-keys.json', exportPlan).build).toBeUndefined();
  expect(read('export-plan-build.json', exportPlan).build).toBe('0123456789abcdef');
});

test.each([
  [identity, '{"id":7}', 'd.json: id is 7; expected string'],
  [identity, '{}', 'd.json: id is missing; expected string'],
  [identity, '[]', 'd.json: the document is []; expected object'],
  [identity, '{"version":2,"id":"a"}', 'd.json: version is 2; expected 1'],
  [maskReport, '{"images":1,"failures":[{}]}', 'd.json: failures[0].sha256 is missing; expected string'],
  [classes, '{"version":1,"categories":[{"id":1,"name":"a","isthing":2}]}', 'isthing is 2; expected one of 0|1'],
  [exportSummary, '{"format":"svg"}', 'd.json: format is "svg"; expected one of "coco-panoptic"'],
  [storedAgreement, '{"version":2,"miou":"x"}', 'd.json: miou is "x"; expected number'],
  [dataset, 'null', 'd.json: the document is null; expected object'],
  [dataset, '{"version":1,', 'd.json is not JSON: '],
] as [Schema<unknown>, string, string][])(
  '%#: a document that is none is told in one line',
  (schema, found, message) => {
    const reading = () => parseDocument('d.json', found, schema);
    expect(reading).toThrow(UnreadableDocumentError);
    expect(reading).toThrow(message);
    expect(reading).not.toThrow(/\n/);
  },
);

test('the line that is wrong has its number, and empty lines count', () => {
  const lines = `${text('shard.jsonl').split('\n')[0]}\n\n{"id":2}\n`;
  expect(() => parseLines('s.jsonl', lines, datasetImage)).toThrow('s.jsonl, line 3: sha256 is missing');
});

test('lines survive any name of a file', () => {
  const names = ['a\nb', 'a\u2028b', '"', '\\', 'ü', '💧', '\ud800'];
  const [image] = parseLines('shard', text('shard.jsonl'), datasetImage);
  const images = names.map((name) => ({ ...image, name }));
  expect(parseLines('shard', encodeLines(images), datasetImage)).toEqual(images);
  expect(parseLines('shard', '', datasetImage)).toEqual([]);
});

test('fields that this version does not know, and their order, stay', () => {
  const found = '{"new":1,"id":"a","version":1}';
  expect(JSON.stringify(parseDocument('identity.json', found, identity))).toBe(found);
});
