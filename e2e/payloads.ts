// What stands in Temporal's histories.
import { Client, Connection } from '@temporalio/client';

/** The texts of all payloads, headers and memos, and the words of all failures, of every workflow. */
export async function payloadsOf(address: string, namespace = 'default'): Promise<string[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    const found: string[] = [];
    for await (const { workflowId, runId, memo } of client.workflow.list()) {
      found.push(workflowId, JSON.stringify(memo ?? {}));
      collect(await client.workflow.getHandle(workflowId, runId).fetchHistory(), found);
    }
    return found;
  } finally {
    await connection.close();
  }
}

function collect(value: unknown, found: string[]): void {
  if (value instanceof Uint8Array) found.push(Buffer.from(value).toString('utf8'));
  else if (typeof value === 'string') found.push(value);
  else if (value && typeof value === 'object') for (const each of Object.values(value)) collect(each, found);
}
