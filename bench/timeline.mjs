// Where the time between a stroke and its answer goes, seen from outside: the times of client, database and Temporal, all by
// this machine's clock. Temporal's times are those in the history of the assignment's workflow.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { annotateWorkflowId } from '@saltworks/contract/messages/annotate';
import { Client, Connection } from '@temporalio/client';
import { median, round } from './measure.mjs';

/**
 * @param log of the assignment's interactions
 * @param strokes `{ n, sent, posted, at, ms }`: number, request, acknowledgement, event, milliseconds since 1970; the worker's own
 * @returns medians in ms of consecutive steps, by name; a history that was continued as new tells of the last strokes only
 */
export async function timeline({ home }, assignment, log, strokes) {
  const { address } = JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8'));
  const connection = await Connection.connect({ address });
  const { events } = await new Client({ connection }).workflow.getHandle(annotateWorkflowId(assignment)).fetchHistory();
  await connection.close();
  const answers = answersIn(events);
  const found = strokes.flatMap(({ n, sent, posted, at, ms }) => {
    const answer = answers.get(n);
    if (!answer) return [];
    const stored = Date.parse(log[n - 1].received);
    return {
      'request, authentication, permission': stored - sent,
      'transaction, journal, reply': posted - stored,
      'drawing stored, update sent': answer.scheduled - posted,
      'workflow takes the update': answer.accepted - answer.scheduled,
      'activity reaches the worker': answer.started - answer.accepted,
      'the worker itself': ms,
      'of that, the solve': answer.solve,
      'activity completes': answer.completed - answer.started - ms,
      'workflow answers': answer.answered - answer.completed,
      'answer read, event stored and sent': at - answer.answered,
    };
  });
  const steps = Object.keys(found[0] ?? {});
  return steps.map((step) => {
    const values = found.map((times) => times[step]).sort((a, b) => a - b);
    return { step, ms: round(median(values)) };
  });
}

/** Times of each update that asked for node labels, by the number of its stroke. */
function answersIn(events) {
  const byId = new Map(events.map((event) => [Number(event.eventId), event]));
  const timeOf = (id) => {
    const { seconds, nanos } = byId.get(Number(id)).eventTime;
    return 1000 * Number(seconds) + nanos / 1e6;
  };
  const done = new Map();
  for (const { activityTaskCompletedEventAttributes: completed, eventId } of events) {
    if (completed) done.set(Number(completed.scheduledEventId), { started: completed.startedEventId, over: eventId });
  }
  const answers = new Map();
  const asked = new Map();
  for (const event of events) {
    const { workflowExecutionUpdateAcceptedEventAttributes: accepted } = event;
    const { workflowExecutionUpdateCompletedEventAttributes: completed } = event;
    if (accepted?.acceptedRequest?.input?.name === 'propagate') {
      const { n } = payload(accepted.acceptedRequest.input.args);
      // Its activity comes right after; the workflow task that accepted it, right before.
      const activity = [1, 2, 3].map((k) => Number(event.eventId) + k).find((id) => done.has(id));
      let task = Number(event.eventId);
      while (byId.has(task) && !byId.get(task).workflowTaskScheduledEventAttributes) task--;
      if (activity === undefined || !byId.has(task)) continue;
      const { started, over } = done.get(activity);
      const times = { started: timeOf(started), completed: timeOf(over), accepted: timeOf(event.eventId) };
      asked.set(Number(event.eventId), { n, scheduled: timeOf(task), ...times });
    }
    const question = completed && asked.get(Number(completed.acceptedEventId));
    if (!question || !completed.outcome.success) continue;
    const { solve } = payload(completed.outcome.success);
    answers.set(question.n, { ...question, solve, answered: timeOf(event.eventId) });
  }
  return answers;
}

const payload = ({ payloads }) => JSON.parse(Buffer.from(payloads[0].data).toString());
