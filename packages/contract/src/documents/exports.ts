import type { PrepareExportRequest } from '../messages/activities.ts';

/** What is kept of an export that is through: it can be downloaded. */
export interface ExportSummary extends Pick<PrepareExportRequest, 'recipe' | 'format'> {
  /** ISO 8601. */
  made: string;
  files: number;
  bytes: number;
}
