/** What an import from the page tells while it works, and in the end; and how closely it looks at pictures. */
import { describeImage } from '@saltworks/backbone/image/decode';
import type { UploadLine, UploadReport } from '@saltworks/contract/documents/uploads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { uploadReportKey } from '@saltworks/contract/layout';
import type { ImportReport } from '@saltworks/store/import/import';
import type { Look } from '@saltworks/store/import/load';
import type { ObjectStore } from '@saltworks/store/objects/store';

/** Lines that a report holds, and milliseconds between two of its versions. */
const [mostLines, everyMs] = [500, 1_000];

/** Nothing that an import could use. */
export const expectedPictures = 'expected JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP files';

/** @throws InvalidInputError, in one line, unless the bytes are a picture that can be decoded and is not too large */
export const lookClosely =
  (maxPixels: number): Look =>
  async (bytes) => {
    const facts = await describeImage(bytes).catch((error: Error) => {
      throw new InvalidInputError(`it cannot be read: ${error.message.replaceAll('\n', ' ')}`);
    });
    const { width, height } = facts;
    if (width * height <= maxPixels) return facts;
    throw new InvalidInputError(
      `${width} × ${height} pixels; expected at most ${maxPixels} in all (SALTWORKS_MAX_PIXELS)`,
    );
  };

export const nothing: UploadReport = {
  ...{
    version: 1,
    step: 'unpacking',
    files: 0,
    added: 0,
    unchanged: 0,
    duplicates: 0,
    replaced: 0,
    left: 0,
    truths: 0,
  },
  ...{ labels: null, failures: [], failed: 0, notes: [], noted: 0 },
};

export function reportOf(
  report: ImportReport,
  unpacking: UploadLine[],
  labels: string | null,
): Omit<UploadReport, 'step'> {
  const { files, added, unchanged, duplicates, replaced, truths, failed, notes, left } = report;
  return {
    ...{ version: 1, files, added, unchanged, duplicates, replaced, truths, labels },
    left: Object.values(left).reduce<number>((sum, count) => sum + (count ?? 0), 0),
    failures: [...unpacking, ...failed].slice(0, mostLines),
    failed: unpacking.length + failed.length,
    notes: notes.slice(0, mostLines).map(({ name, note }) => ({ name, reason: note })),
    noted: notes.length,
  };
}

/** Writes the report now and then: one at a time, the newest next. */
export function teller(store: ObjectStore, upload: string) {
  const put = (report: UploadReport) => store.put(uploadReportKey(upload), JSON.stringify(report));
  let writing: Promise<void> = Promise.resolve();
  let next = 0;
  return {
    now(report: UploadReport) {
      if (Date.now() < next) return;
      next = Date.now() + everyMs;
      // A later one, or the last, says it all again.
      writing = writing.then(() => put(report)).catch(() => {});
    },
    async last(report: UploadReport) {
      await writing;
      await put(report);
    },
    stop: () => writing,
  };
}
