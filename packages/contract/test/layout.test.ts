import { expect, test } from 'vitest';
import { keysName } from '../src/api/fields.ts';
import * as layout from '../src/layout.ts';

const { contentOf, keepingOf, keptPrefixes, keysId } = layout;

test('the id of keys names every setting that is not the default; ids of float16 are those of before there were codecs', () => {
  expect(keysId('tiny', { facet: 'key' })).toBe('tiny');
  expect(keysId('tiny', { facet: 'key', codec: 'float16' })).toBe('tiny');
  expect(keysId('tiny', { facet: 'key', codec: 'int8' })).toBe('tiny+int8');
  expect(keysId('tiny', { facet: 'query', layer: 3, longSide: 98, codec: 'pca-64' })).toBe(
    'tiny-layer3-query-98px+pca-64',
  );
});

test('ids of keys are names that an address of the API may hold', () => {
  for (const codec of ['float16', 'int8', 'pca-999'])
    expect(keysName.safeParse(keysId('tiny.v1_2', { facet: 'value', layer: 0, longSide: 98, codec })).success).toBe(
      true,
    );
});

const sha = 'ab'.repeat(32);
const of = { kind: 'campaign', name: 'plates' } as const;
const build = '0123456789abcdef';
const { exportReportKey, maskReportKey, shardKey } = layout;

/** An object of every kind, and what a backup does with it. Of one that is made in two ways, both. */
const decided: Record<string, [key: string, keeping: layout.Keeping][]> = {
  identityKey: [[layout.identityKey, 'kept']],
  trialKey: [[layout.trialKey('x'), 'rebuilt']],
  probeKey: [[layout.probeKey('x'), 'rebuilt']],
  storageUsageKey: [[layout.storageUsageKey, 'rebuilt']],
  storageQuotaKey: [[layout.storageQuotaKey, 'changing']],
  storageCountingKey: [[layout.storageCountingKey, 'rebuilt']],
  uploadManifestKey: [[layout.uploadManifestKey('u1'), 'rebuilt']],
  uploadReportKey: [[layout.uploadReportKey('u1'), 'rebuilt']],
  uploadPartKey: [[layout.uploadPartKey('u1', 12, 3), 'rebuilt']],
  restoringKey: [[layout.restoringKey, 'rebuilt']],
  imageKey: [[layout.imageKey(sha, '.jpg'), 'kept']],
  classPictureKey: [[layout.classPictureKey('plates', sha), 'kept']],
  keysKey: [[layout.keysKey('tiny', sha), 'rebuilt']],
  keySetKey: [[layout.keySetKey('tiny'), 'changing']],
  backboneKey: [[layout.backboneKey('tiny'), 'changing']],
  fetchedBackboneKey: [[layout.fetchedBackboneKey('tiny'), 'changing']],
  channelKey: [[layout.channelKey('stable', 3), 'changing']],
  modelKey: [[layout.modelKey(sha), 'kept']],
  priorKey: [[layout.priorKey(sha), 'kept']],
  datasetKey: [[layout.datasetKey('pans'), 'changing']],
  datasetPlaceKey: [[layout.datasetPlaceKey('pans'), 'changing']],
  importMarkKey: [[layout.importMarkKey('u1'), 'rebuilt']],
  sweepMarkKey: [[layout.sweepMarkKey, 'rebuilt']],
  selectionKey: [[layout.selectionKey('cats', '0123456789abcdef'), 'kept']],
  shardKey: [[shardKey('pans', 1), 'kept']],
  namesKey: [[layout.namesKey('pans', 1), 'changing']],
  removedKey: [[layout.removedKey('pans', 1), 'changing']],
  scribblesKey: [[layout.scribblesKey('pans', 1, sha, '.json'), 'changing']],
  truthKey: [[layout.truthKey('pans', sha, '.png'), 'changing']],
  extractReportKey: [[layout.extractReportKey('pans', 'tiny', 1), 'rebuilt']],
  maskReportKey: [
    [maskReportKey('pans', 'best-0123', 1), 'masks'],
    [maskReportKey('pans', layout.prelabelRecipe(build), 1), 'masks'],
    [maskReportKey('pans', layout.campaignRecipe('plates'), 1), 'changing'],
    [maskReportKey('pans', layout.buildRecipe(of, build), 1), 'changing'],
    [maskReportKey('pans', layout.buildRecipe({ kind: 'dataset', name: 'pans' }, build), 1), 'changing'],
  ],
  exportReportKey: [[exportReportKey('pans', 'x', 1), 'exports']],
  classesKey: [[layout.classesKey('pans', 'best', 1), 'kept']],
  maskKey: [[layout.maskKey(sha, '.png'), 'masks']],
  strokesKey: [[layout.strokesKey(sha, '.json'), 'kept']],
  buildLinesKey: [[layout.buildLinesKey(sha), 'kept']],
  snapshotKey: [[layout.snapshotKey(sha), 'kept']],
  buildKey: [[layout.buildKey(of, build), 'kept']],
  comparisonKey: [[layout.comparisonKey(of, null, build), 'changing']],
  comparedLinesKey: [[layout.comparedLinesKey(of, build, build, 1), 'changing']],
  rankedKey: [[layout.rankedKey(of, build, build, 1), 'changing']],
  sortedKey: [[layout.sortedKey(of, build, build, 0, 1), 'rebuilt']],
  rebuildReportKey: [[layout.rebuildReportKey(of, build, 1), 'rebuilt']],
  bakeoffPlanKey: [[layout.bakeoffPlanKey(of, build), 'kept']],
  bakeoffReportKey: [[layout.bakeoffReportKey(of, build), 'kept']],
  bakeoffPartKey: [
    [layout.bakeoffPartKey(of, build, 'keys', { variant: 0, from: 0 }), 'rebuilt'],
    [layout.bakeoffPartKey(of, build, 'masks', { variant: 0, from: 0 }), 'rebuilt'],
  ],
  evaluationKey: [[layout.evaluationKey('pans', build), 'rebuilt']],
  evaluatedImagesKey: [[layout.evaluatedImagesKey('pans', build, 1), 'rebuilt']],
  evaluationOutcomeKey: [[layout.evaluationOutcomeKey('pans', build, 'strokes', 1), 'rebuilt']],
  indexReportKey: [[layout.indexReportKey('pans', 'tiny', 1), 'rebuilt']],
  indexKey: [[layout.indexKey('pans', 'tiny', 1), 'rebuilt']],
  searchQueryKey: [[layout.searchQueryKey('pans', build), 'rebuilt']],
  searchReportKey: [[layout.searchReportKey('pans', build), 'rebuilt']],
  statisticsKey: [[layout.statisticsKey(sha), 'rebuilt']],
  prelabelPlanKey: [[layout.prelabelPlanKey('pans', build), 'rebuilt']],
  taughtReportKey: [[layout.taughtReportKey('pans', build, 1), 'rebuilt']],
  prelabelModelKey: [[layout.prelabelModelKey('pans', build), 'rebuilt']],
  nextImagesKey: [[layout.nextImagesKey('pans', '0123456789abcdef'), 'rebuilt']],
  currentPrelabelsKey: [[layout.currentPrelabelsKey('pans'), 'rebuilt']],
  exportPlanKey: [[layout.exportPlanKey('pans', 'x'), 'exports']],
  exportSummaryKey: [[layout.exportSummaryKey('pans', 'x'), 'exports']],
  exportLinesKey: [[layout.exportLinesKey('pans', 'x', 'images', 1), 'exports']],
  wholeNamesKey: [[layout.wholeNamesKey('pans', 'x', 1), 'exports']],
  exportFileKey: [[layout.exportFileKey('pans', 'x', 'a/b.png'), 'exports']],
  drawingKey: [[layout.drawingKey('a', 12), 'changing']],
  nodeLabelsKey: [[layout.nodeLabelsKey('a', 12), 'changing']],
  knownRegionsKey: [[layout.knownRegionsKey({ sha256: sha, known: build }), 'rebuilt']],
  viewKey: [[layout.viewKey(sha), 'rebuilt']],
  thumbnailKey: [[layout.thumbnailKey(sha), 'rebuilt']],
  labelEfficiencyKey: [[layout.labelEfficiencyKey({ assignment: 'a', n: 12, mask: sha, truth: 'x' }), 'rebuilt']],
  drawingStepsKey: [[layout.drawingStepsKey({ assignment: 'a', n: 12 }), 'rebuilt']],
  agreementKey: [[layout.agreementKey({ a: sha, b: sha }), 'rebuilt']],
};
/** Objects of a backup's destination, not of a store. */
const elsewhere = ['backupKey', 'poolKey', 'backupLockKey'];

test('of every kind of object it is decided what a backup does with it', () => {
  const kinds = Object.keys(layout).filter((name) => /^(?!parse)\w+Key$/.test(name) && !elsewhere.includes(name));
  expect(Object.keys(decided).sort()).toEqual(kinds.sort());
  for (const [key, keeping] of Object.values(decided).flat()) expect([key, keepingOf(key)]).toEqual([key, keeping]);
  expect(keepingOf('of/somebody/else')).toBeUndefined();
});

test('what a backup may hold lies below the prefixes that it lists, and these are in order', () => {
  const held = Object.values(decided)
    .flat()
    .filter(([, keeping]) => keeping !== 'rebuilt');
  for (const [key] of held) expect(keptPrefixes.filter((prefix) => key.startsWith(prefix))).toHaveLength(1);
  expect(keptPrefixes).toEqual([...keptPrefixes].sort());
});

test('names that are hashes of their content tell it', () => {
  for (const [key] of Object.values(decided).flat()) {
    const named = [
      'classPictureKey',
      'imageKey',
      'modelKey',
      'priorKey',
      'strokesKey',
      'buildLinesKey',
      'snapshotKey',
    ].some((name) => decided[name][0][0] === key);
    expect([key, contentOf(key)]).toEqual([key, named ? sha : undefined]);
  }
});
