/** What workflows ask of workers: ids and numbers only, never arrays, since every word of it stays in a history. */
import type { ExportFormat } from '../export-formats.ts';
import type { ExtractSettings, Preset, SegmentOptions } from '../options.ts';

export interface ShardRequest {
  dataset: string;
  shard: number;
}

export interface ExtractShardRequest extends ShardRequest {
  extract: ExtractSettings;
}

export interface PropagateShardRequest extends ExtractShardRequest {
  /** A preset's name, and what differs from it. */
  preset: Preset;
  solve: Partial<SegmentOptions>;
}

/** How far a shard, or a whole run, is. Every image is in exactly one of done, cached, failed and, once counted, images. */
export interface Tally {
  images: number;
  /** Worked on in this run. */
  done: number;
  /** There already. */
  cached: number;
  /** Cannot be done; listed with reasons beside the dataset. */
  failed: number;
}

export interface PrepareExportRequest {
  dataset: string;
  /** Which masks: the name of the settings that they were made with. */
  recipe: string;
  format: ExportFormat;
}

export interface ExportPlan {
  /** Names the export below its dataset. */
  id: string;
}

export interface ExportShardRequest extends PrepareExportRequest, ShardRequest, ExportPlan {}

export interface FinishExportRequest extends Omit<PrepareExportRequest, 'recipe'>, ExportPlan {}

export interface DatasetSummary {
  shards: number;
  images: number;
}

export interface Activities {
  describeDataset(request: { dataset: string }): Promise<DatasetSummary>;
  /** Computes and stores the keys of a shard's images that have none. */
  extractShard(request: ExtractShardRequest): Promise<Tally>;
  /** Computes and stores the masks of a shard's images that have scribbles, from stored keys. */
  propagateShard(request: PropagateShardRequest): Promise<Tally>;
  prepareExport(request: PrepareExportRequest): Promise<ExportPlan>;
  exportShard(request: ExportShardRequest): Promise<Tally>;
  finishExport(request: FinishExportRequest): Promise<void>;
}
