/** A thread that runs a protocol on one image after another. */
import { answerJobs } from '@saltworks/backbone/threads/thread';
import type { EvaluationRow, ProtocolName } from '@saltworks/contract/documents/evaluations';
import { type ListedImage, readCase } from './dataset/folder.ts';
import { cachedKeys } from './keys/cache.ts';
import { openPeers, type PeerAccess, type Peers } from './peers/peers.ts';
import { protocolOf } from './protocols/list.ts';
import type { KeysOf, ProtocolSettings } from './protocols/protocol.ts';

export interface CaseJob {
  listed: ListedImage;
  protocol: ProtocolName;
  settings: ProtocolSettings;
  /** The folder of keys. */
  keys: string;
  maxPixels?: number;
  /** How peers are reached, if they are measured beside. */
  peers?: PeerAccess;
}

export interface CaseResult {
  rows: EvaluationRow[];
  /** A line for each peer that failed. */
  notes: string[];
}

/** Opened once a thread: Python takes a second to start. */
let open: Peers | undefined;

answerJobs<CaseJob, CaseResult>(async ({ listed, protocol, settings, keys, maxPixels, peers: access }) => {
  const { case: one } = await readCase(listed, { maxPixels });
  const keysOf: KeysOf = async (one, choice = {}) => {
    const found = await cachedKeys(keys, settings, one, choice);
    if (found) return found;
    throw new Error(`no keys ${JSON.stringify(choice)} of ${one.name}; expected protocol ${protocol} to announce them`);
  };
  const notes: string[] = [];
  const note = (line: string) => notes.push(line);
  if (access && (!open || open.ended())) open = await openPeers(access);
  if (open?.missing !== undefined) note(open.missing);
  const rows = await protocolOf(protocol).run(one, keysOf, { ...settings, peers: open?.peers, note });
  return { result: { rows, notes } };
});
